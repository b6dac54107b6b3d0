package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/dgraph-io/ristretto/v2/z"
)

// Badger opens what is left: it cuts a log off at the first damaged entry, leaves a table out whose
// checksum is wrong, and starts afresh where its manifest is gone. Here everything is looked at
// first, read-only, so that a damaged store is neither used nor changed.

// verifyTables checks that the manifest and all the tables that it names can be read whole, and
// returns the highest sequence number in them.
func verifyTables(path string, logger *slog.Logger) (last uint64, err error) {
	directory := filepath.Join(path, claimsName)
	file, err := os.Open(filepath.Join(directory, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, corrupt(path, "%s/%s is missing", claimsName, badger.ManifestFilename)
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	opt := badgerOptions(path, &badgerLogger{to: logger}, memTableSize)
	manifest, _, err := badger.ReplayManifestFile(file, badgerMagic, opt)
	if err != nil {
		return 0, corrupt(path, "%s/%s: %s", claimsName, badger.ManifestFilename, oneLine(err))
	}
	for id := range manifest.Tables {
		name := table.NewFilename(id, directory)
		highest, err := verifyTable(name, opt)
		if err != nil {
			return 0, corrupt(path, "%s/%s: %s", claimsName, filepath.Base(name), oneLine(err))
		}
		last = max(last, highest)
	}
	return last, nil
}

// verifyTable reads one table whole. Badger panics on some kinds of damage.
func verifyTable(name string, opt badger.Options) (last uint64, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("its index cannot be read")
		}
	}()
	info, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	if info.Size() < 64 {
		return 0, fmt.Errorf("it holds only %d bytes", info.Size())
	}
	mapped, err := z.OpenMmapFile(name, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	t, err := table.OpenTable(mapped, table.Options{
		ReadOnly:  true,
		BlockSize: opt.BlockSize,
		ChkMode:   options.OnTableAndBlockRead,
	})
	if err != nil {
		return 0, err
	}
	entries := t.NewIterator(0)
	for entries.Rewind(); entries.Valid(); entries.Next() {
		e := entries.Value()
		if at, ok := positionOf(y.ParseKey(entries.Key()), e.Value, e.Meta&walDeleted != 0); ok {
			last = max(last, at.sequence)
		}
	}
	return last, errors.Join(entries.Close(), t.Close(-1))
}

// verifyLogs checks that the logs which Badger has not yet made into tables hold every write from
// base on without a gap, and that logs and tables, which hold those up to tabled, hold no less than
// was answered. It is for a store that the same boot left behind, where nothing can have been lost.
func verifyLogs(path string, base, tabled, answered uint64) error {
	directory := filepath.Join(path, claimsName)
	names, err := logNames(directory)
	if err != nil {
		return err
	}
	last := max(tabled, base-1)
	gap := false
	for _, name := range names {
		log, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			return err
		}
		scanWAL(log, func(e walEntry) {
			at, ok := positionOf(e.key, e.value, e.meta&walDeleted != 0)
			if !ok || at.sequence < base {
				return
			}
			// A log whose table is there already may not have been removed yet.
			gap = gap || at.sequence > last+1
			last = max(last, at.sequence)
		})
	}
	if gap || last < answered {
		return lost(path, answered)
	}
	return nil
}

// positionOf returns the position that an entry carries, if it carries one.
func positionOf(key, value []byte, deleted bool) (position, bool) {
	switch {
	case deleted:
		return position{}, false
	case string(key) == deletionKey:
		at, err := unpackDeletion(value)
		return at, err == nil
	default:
		if _, _, err := parseClaimKey(key); err != nil {
			return position{}, false
		}
		at, err := unpackClaims(value, nil)
		return at, err == nil
	}
}

// verifyEntries checks what has been read from the database against the record's base and what was
// answered: the last write must be there, and as many entries as it counted.
func verifyEntries(path string, base position, answered uint64, last position, entries uint64) error {
	want := base.entries
	if last.sequence > base.sequence {
		want = last.entries
	}
	if answered > base.sequence && last.sequence < answered || entries != want {
		return lost(path, answered)
	}
	return nil
}

func lost(path string, answered uint64) error {
	return fmt.Errorf("%w: %s: claims that were answered (up to write %d) are missing from the log; nothing was changed: if the directory was copied or restored, run \"countersign store raise-floor\" on it, else move it away and start with an empty one (initial: replacement, which is safe)",
		ErrCorrupt, path, answered)
}
