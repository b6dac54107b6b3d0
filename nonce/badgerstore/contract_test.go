package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

// place is a noncetest.Durable in a directory. A crash leaves a copy of the directory as it is at
// that moment, which is what kill -9 leaves; a power loss leaves of Badger's logs only what had been
// synced, and no log whose name had not been.
type place struct {
	t      testing.TB
	path   string
	boot   int
	store  *Store
	synced map[string][]byte // the logs by name, as of their last sync
	named  []string          // the logs in the directory, as of its last sync
	change func(*Options)
}

func newPlace(t testing.TB) *place { return &place{t: t, path: t.TempDir()} }

func (p *place) Open(setup noncetest.Setup) (nonce.Store, error) {
	options := Options{
		Initial:  setup.Initial,
		Capacity: setup.Capacity,
		KeyShare: setup.KeyShare,
		Clock:    setup.Clock,
		Logger:   quiet,
	}
	options.hooks.bootID = func() string { return fmt.Sprintf("%036d", p.boot) }
	options.hooks.log = func(log claimLog) claimLog { return &syncWatch{log, p} }
	options.hooks.after = func(time.Duration, func()) func() bool { // however slow the disk is
		return func() bool { return true }
	}
	options.hooks.syncDirectory = func(path string) (err error) {
		p.named, err = logNames(path)
		return err
	}
	if p.change != nil {
		p.change(&options)
	}
	store, err := Open(context.Background(), p.path, options)
	if err != nil {
		return nil, err
	}
	p.store = store
	return store, nil
}

func (p *place) Crash() {
	p.t.Helper()
	left := p.t.TempDir()
	for {
		// Badger turns logs into tables in the background; a copy that met it at that is none.
		before := p.layout()
		err := os.CopyFS(left, os.DirFS(p.path))
		if err == nil && p.layout() == before {
			break
		}
		left = p.t.TempDir()
	}
	_ = p.store.Close()
	p.path = left
}

// layout is what tells two states of the database's files apart: their names and the manifest.
func (p *place) layout() string {
	p.t.Helper()
	files, err := os.ReadDir(filepath.Join(p.path, claimsName))
	if err != nil {
		p.t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(p.path, claimsName, badger.ManifestFilename))
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprint(files, manifest)
}

func (p *place) LosePower() {
	p.t.Helper()
	p.Crash()
	p.boot++
	logs, err := logNames(filepath.Join(p.path, claimsName))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, name := range logs {
		log := filepath.Join(p.path, claimsName, name)
		if kept, ok := p.synced[name]; ok && slices.Contains(p.named, name) {
			err = errors.Join(os.WriteFile(log, kept, 0o600), os.Truncate(log, 2*memTableSize))
		} else {
			err = os.Remove(log)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(p.path, ackedName)); err != nil {
		p.t.Fatal(err)
	}
}

// syncWatch keeps what each log held when it was synced.
type syncWatch struct {
	claimLog
	place *place
}

func (w *syncWatch) sync() error {
	if err := w.claimLog.sync(); err != nil {
		return err
	}
	directory := filepath.Join(w.place.path, claimsName)
	logs, err := logNames(directory)
	if err != nil {
		return err
	}
	if w.place.synced == nil {
		w.place.synced = make(map[string][]byte)
	}
	// The newest is the one in use, and the only one that a sync covers.
	log := logs[len(logs)-1]
	w.place.synced[log], err = readUntilZeros(filepath.Join(directory, log))
	return err
}

// readUntilZeros reads a log without the part that has not been written yet.
func readUntilZeros(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var text []byte
	part, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := file.Read(part)
		if err == io.EOF || bytes.Equal(part[:n], zeros[:n]) {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
		text = append(text, part[:n]...)
	}
}

func TestStoreKeepsTheContract(t *testing.T) {
	for _, durability := range []Durability{DurabilityOS, DurabilityFsync} {
		t.Run(durability.String(), func(t *testing.T) {
			noncetest.Run(t, func(t *testing.T) noncetest.Place {
				p := newPlace(t)
				p.change = func(o *Options) { o.Durability = durability }
				return p
			})
		})
	}
}
