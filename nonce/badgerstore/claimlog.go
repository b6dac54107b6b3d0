package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// claimLog is the part of Badger that claims pass through. It is used by one goroutine: that the
// last write is still in the active memtable when sync is called rests on it.
type claimLog interface {
	// write applies all of puts and deletes or none; when it returns nil they are in the
	// memory-mapped log and outlive the process.
	write(puts []entry, deletes [][]byte) error
	// sync makes the last write durable, and those before it in the same memtable.
	sync() error
	// below returns up to limit keys after the given one of entries whose bucket ends at or
	// before line, in nanoseconds.
	below(line int64, after []byte, limit int) ([][]byte, error)
	close() error
}

type entry struct{ key, value []byte }

// badgerLog is the claimLog on disk.
//
// What it relies on, from the source of Badger 4.9.6: a commit returns after its entries have been
// copied into the mapped WAL of the active memtable (memtable.go, Put), which outlives the process.
// The memtable is changed before a write, never after it (db.go, ensureRoomForWrite), so a sync of
// the newest WAL after a write covers it. With SyncWrites Badger would do the same; it is off because
// it also syncs the unused value log and drops that error. A table is synced and recorded in the
// manifest before the WAL that it replaces is removed.
//
// The database is a managed one (managed_db.go): there is one writer, and versions need only rise. To
// hand them out Badger would keep marks of who reads and writes what, on goroutines of their own that
// each write wakes; that was a fifth of the time of a small batch. Managed, it keeps deleted entries
// until SetDiscardTs says that nobody reads them any more.
//
// Badger syncs the contents of a new WAL, but not the directory that holds its name (ristretto,
// OpenMmapFileUsing, tests for a new file after it has given it a size): sync here does. It does not
// sync the name of a new table either; should that be lost, the manifest still has it, and Open
// refuses the store (verifyTables).
type badgerLog struct {
	db      *badger.DB
	version uint64 // of the last write
	// valueBound is from where on a value would go to the value log, which is not synced.
	valueBound int64
	active     *activeLog
	directory  string
	// named is the newest WAL when the directory was last synced, so that it is synced again only
	// for a newer one.
	named         string
	syncDirectory func(path string) error
}

// memTableSize is how much Badger gathers before it writes a table. A compaction of level 0 may
// write all tables there at once, so their number times this must fit into the free space that the
// store keeps (Options.MinFree).
const memTableSize = 16 << 20

// badgerMagic marks the database as ours, in its manifest.
const badgerMagic = 0xC5_01

func badgerOptions(path string, logger badger.Logger, memTable int64) badger.Options {
	return badger.DefaultOptions(filepath.Join(path, claimsName)).
		WithLogger(logger).
		WithExternalMagic(badgerMagic).
		WithSyncWrites(false).
		WithDetectConflicts(false). // one writer
		WithMetricsEnabled(false).
		WithCompression(options.None). // hashes do not compress
		WithBlockCacheSize(0).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithMemTableSize(memTable).
		WithNumMemtables(3).
		WithNumLevelZeroTables(4).
		WithNumLevelZeroTablesStall(10).
		WithNumCompactors(2).
		WithValueThreshold(min(1<<20, memTable/8)). // nothing goes to the value log
		WithValueLogFileSize(1 << 20)
}

func openBadgerLog(path string, options Options) (*badgerLog, error) {
	directory := filepath.Join(path, claimsName)
	if err := removeEmptyLogs(directory); err != nil {
		return nil, err
	}
	sink := &badgerLogger{to: options.Logger}
	db, err := badger.OpenManaged(badgerOptions(path, sink, options.hooks.memTable))
	if err != nil {
		return nil, openError(path, err)
	}
	if sink.ignored.Load() {
		_ = db.Close()
		return nil, corrupt(path, "a table fails its checksum")
	}
	active, err := openActiveLog(directory)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	version := db.MaxVersion()
	db.SetDiscardTs(version)
	return &badgerLog{
		db:            db,
		version:       version,
		valueBound:    db.Opts().ValueThreshold,
		active:        active,
		directory:     directory,
		syncDirectory: options.hooks.syncDirectory,
	}, nil
}

var errValueBound = errors.New("badgerstore: a batch of claims is too large for Badger's log")

// openError tells a damaged database from one that the system does not let us open. Badger hands
// on the text of an error alone, so the text has to do.
func openError(path string, err error) error {
	text := strings.ReplaceAll(err.Error(), "\n", ": ")
	if strings.Contains(text, "Cannot acquire directory lock") {
		return fmt.Errorf("%w: %s/%s is open in another process: stop that one", ErrInUse, path, claimsName)
	}
	for _, refusal := range [...]syscall.Errno{
		syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENOSPC, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EIO,
	} {
		if strings.Contains(text, refusal.Error()) {
			return fmt.Errorf("nonce store at %s cannot be opened: %s", path, text)
		}
	}
	return corrupt(path, "Badger says: %s", oneLine(err))
}

func (l *badgerLog) write(puts []entry, deletes [][]byte) error {
	l.version++
	txn := l.db.NewTransactionAt(l.version, true)
	defer txn.Discard()
	for _, put := range puts {
		if int64(len(put.value)) >= l.valueBound {
			return errValueBound
		}
		if err := txn.Set(put.key, put.value); err != nil {
			return err
		}
	}
	for _, key := range deletes {
		if err := txn.Delete(key); err != nil {
			return err
		}
	}
	if err := txn.CommitAt(l.version, nil); err != nil {
		return err
	}
	if len(deletes) > 0 {
		l.db.SetDiscardTs(l.version)
	}
	return nil
}

func (l *badgerLog) sync() error {
	newest, err := l.active.sync(l.db)
	if err != nil || newest == l.named {
		return err
	}
	if err := l.syncDirectory(l.directory); err != nil {
		return err
	}
	l.named = newest
	return nil
}

func (l *badgerLog) below(line int64, after []byte, limit int) ([][]byte, error) {
	var keys [][]byte
	err := l.db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchValues = false
		o.Prefix = []byte{claimPrefix}
		it := txn.NewIterator(o)
		defer it.Close()
		from := append(after[:len(after):len(after)], 0) // the first key after it
		if len(after) == 0 {
			from = o.Prefix
		}
		for it.Seek(from); it.Valid() && len(keys) < limit; it.Next() {
			key := it.Item().KeyCopy(nil)
			if len(key) != claimKeySize || binary.BigEndian.Uint64(key[1:]) > uint64(line/int64(time.Second)) {
				break
			}
			keys = append(keys, key)
		}
		return nil
	})
	return keys, err
}

// each calls f for every entry, keys ascending. Keys and values are only valid during the call.
func (l *badgerLog) each(f func(key, value []byte) error) error {
	return l.db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchSize = 16
		it := txn.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			item := it.Item()
			if err := item.Value(func(value []byte) error { return f(item.Key(), value) }); err != nil {
				return fmt.Errorf("entry %x: %w", item.Key(), err)
			}
		}
		return nil
	})
}

func (l *badgerLog) close() error { return errors.Join(l.db.Close(), l.active.close()) }

// oneLine returns the first line of an error's text; Badger's may carry a stack trace.
func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
