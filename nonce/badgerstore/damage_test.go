package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

// filled returns a place whose store holds some claims: killed, or closed and thereby in a table.
func filled(t *testing.T, closed bool) (*place, noncetest.Setup) {
	t.Helper()
	p := newPlace(t)
	clock := noncetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		now := clock.Now()
		if err := store.Claim(context.Background(), nonce.NewID("key", string(rune('a'+i))), now, now.Add(302*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if !closed {
		p.Crash()
	} else if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return p, setup
}

func TestOpenRefusesADamagedStoreAndChangesNothing(t *testing.T) {
	for _, test := range []struct {
		name   string
		closed bool
		files  string // a pattern below the store's directory
		damage func([]byte) []byte
	}{
		{"log, a byte in the middle", false, "claims/*.mem", flip(3000)},
		{"log, the first entry", false, "claims/*.mem", flip(40)},
		{"log gone", false, "claims/*.mem", nil},
		{"log cut off", false, "claims/*.mem", cut(4000)},
		{"answers gone", false, "acked", nil},
		{"answers unreadable", false, "acked", func([]byte) []byte { return []byte("?") }},
		{"record unreadable", false, "state", func(text []byte) []byte { clear(text); return text }},
		{"record cut off", false, "state", cut(100)},
		{"manifest gone", false, "claims/MANIFEST", nil},
		{"manifest unreadable", true, "claims/MANIFEST", flip(12)},
		{"table gone", true, "claims/*.sst", nil},
		{"table, a byte at the start", true, "claims/*.sst", flip(30)},
		{"table, a byte in its footer", true, "claims/*.sst", flip(-3)},
		{"table cut off", true, "claims/*.sst", cut(200)},
		{"table empty", true, "claims/*.sst", cut(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, setup := filled(t, test.closed)
			names, err := filepath.Glob(filepath.Join(p.path, test.files))
			if err != nil || len(names) == 0 {
				t.Fatalf("nothing to damage: %v", err)
			}
			for _, name := range names {
				if test.damage == nil {
					err = os.Remove(name)
				} else if text, readErr := os.ReadFile(name); readErr == nil {
					err = os.WriteFile(name, test.damage(text), 0o600)
				} else {
					err = readErr
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			before := contents(t, p.path)
			store, err := p.Open(setup)
			if err == nil {
				_ = store.Close()
			}
			if !errors.Is(err, ErrCorrupt) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), p.path) {
				t.Fatalf("open: %v, want one line with ErrCorrupt and the path", err)
			}
			for name, text := range contents(t, p.path) {
				if before[name] != text {
					t.Errorf("%s was changed", name)
				}
				delete(before, name)
			}
			if len(before) > 0 {
				t.Errorf("%d files were removed", len(before))
			}
		})
	}
}

// TestRaiseFloorOpensAStoreThatHasLostClaims: the way out that the error names.
func TestRaiseFloorOpensAStoreThatHasLostClaims(t *testing.T) {
	p, setup := filled(t, false)
	logs, _ := filepath.Glob(filepath.Join(p.path, "claims", "*.mem"))
	for _, name := range logs {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	now := setup.Clock.Now()
	floor, err := RaiseFloor(p.path, now.Add(nonce.ReplacementHold))
	if err != nil || !floor.Equal(now.Add(nonce.ReplacementHold)) {
		t.Fatalf("RaiseFloor: %v, %v", floor, err)
	}
	if floor, err = RaiseFloor(p.path, now); err != nil || !floor.Equal(now.Add(nonce.ReplacementHold)) {
		t.Fatalf("RaiseFloor to less: %v, %v; want it where it was", floor, err)
	}
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Claim(context.Background(), nonce.NewID("key", "a"), now, now.Add(time.Minute)); !errors.Is(err, nonce.ErrTooOld) {
		t.Fatalf("replay of a lost claim: %v, want ErrTooOld", err)
	}
	// From here on nothing is missing again.
	signed := now.Add(nonce.ReplacementHold + time.Second)
	if err := store.Claim(context.Background(), nonce.NewID("key", "new"), signed, signed.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	p.Crash()
	if _, err := p.Open(setup); err != nil {
		t.Fatal(err)
	}
	_ = p.store.Close()
}

// TestOpenAfterKillInBadgersCleanUp: Badger truncates a log before it removes it.
func TestOpenAfterKillInBadgersCleanUp(t *testing.T) {
	p, setup := filled(t, false)
	for _, name := range []string{"99999.mem", "999999.vlog"} {
		if err := os.WriteFile(filepath.Join(p.path, "claims", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	_ = store.Close()
}

// TestOpenTakesAnUnansweredTail: a kill in the middle of a write leaves half of it.
func TestOpenTakesAnUnansweredTail(t *testing.T) {
	p, setup := filled(t, false)
	logs, _ := filepath.Glob(filepath.Join(p.path, "claims", "*.mem"))
	log := logs[len(logs)-1]
	text, err := readUntilZeros(log)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(log, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	end := len(strings.TrimRight(string(text), "\x00"))
	// Half an entry of a transaction: meta, user meta, lengths, and a part of the key.
	if _, err := file.WriteAt([]byte{walInTxn, 0, 26, 56, 0, 'c', 1, 2, 3}, int64(end)); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	_ = store.Close()
}

func TestOpenRefusesAnUnknownVersion(t *testing.T) {
	p, setup := filled(t, true)
	name := filepath.Join(p.path, "state")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(text[recordSpacing+len(recordMagic):], 2)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(setup); !errors.Is(err, ErrVersion) {
		t.Fatalf("open: %v, want ErrVersion", err)
	}
	if _, err := ReadInfo(p.path); !errors.Is(err, ErrVersion) {
		t.Fatalf("info: %v, want ErrVersion", err)
	}
	if _, err := RaiseFloor(p.path, time.Now()); !errors.Is(err, ErrVersion) {
		t.Fatalf("raise floor: %v, want ErrVersion", err)
	}
}

func flip(at int) func([]byte) []byte {
	return func(text []byte) []byte {
		if at < 0 {
			text[len(text)+at] ^= 0x55
		} else {
			text[at] ^= 0x55
		}
		return text
	}
}

func cut(to int) func([]byte) []byte { return func(text []byte) []byte { return text[:to] } }

// contents reads all files below path, but for the lock.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == lockName {
			return err
		}
		text, err := os.ReadFile(name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
