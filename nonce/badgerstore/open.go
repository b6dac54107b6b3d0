package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/internal/window"
)

// Open opens the store in the directory at path, or makes one there, and loads its live claims. ctx
// bounds the loading. The errors name what to do; ErrInUse, ErrCorrupt, ErrVersion and
// nonce.ErrDiskLow can be told apart with errors.Is, and leave the store as it was.
func Open(ctx context.Context, path string, options Options) (store *Store, err error) {
	options, err = options.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("nonce store at %s: %w: name a directory that exists or can be made", path, err)
	}
	lock, err := acquire(path, false)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()

	found, err := find(path, options)
	if err != nil {
		return nil, err
	}
	s := &Store{
		path:       path,
		durability: options.Durability,
		logger:     options.Logger,
		window: window.New(window.Config{
			Capacity: options.Capacity,
			KeyShare: options.KeyShare,
			Clock:    options.Clock,
			Jump:     nonce.ClockJump,
			Hold:     nonce.ReplacementHold,
		}),
		disk:    diskSpace{path: path, min: options.MinFree, free: options.hooks.free},
		queue:   newQueue(options.hooks.after),
		stopped: make(chan struct{}),
		lock:    lock,
	}
	// Badger may write a table while it opens.
	if err := s.disk.check(); err != nil {
		return nil, err
	}
	log, err := openBadgerLog(path, options)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = log.close()
		}
	}()
	s.log, s.bounds = log, s.window
	if err := s.load(ctx, log, found); err != nil {
		return nil, err
	}
	if err := s.begin(found, options); err != nil {
		return nil, err
	}
	go s.commit()
	return s, nil
}

// found is what Open finds in the directory.
type found struct {
	exists bool
	record record
	acked  acked
	// whole: nothing can have been lost since the store was last written, because it was closed
	// or because the machine has not been restarted since.
	whole bool
	// sameBoot: the record's floor still holds, and so does its offset.
	sameBoot bool
	bootID   string
}

// find reads the record and decides how far the store can be trusted. It changes nothing.
func find(path string, options Options) (found, error) {
	f := found{bootID: options.hooks.bootID()}
	r, err := readRecord(path)
	if errors.Is(err, ErrNoStore) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	f.exists, f.record = true, r
	answered, ok, err := readAcked(path)
	if err != nil {
		return f, err
	}
	f.acked = answered
	f.sameBoot = r.bootID != "" && r.bootID == f.bootID && !answered.failed
	f.whole = f.sameBoot || r.clean
	tabled, err := verifyTables(path, options.Logger)
	if err != nil || !f.whole || r.clean {
		return f, err
	}
	if !ok {
		return f, corrupt(path, "%s is missing or cannot be read", ackedName)
	}
	return f, verifyLogs(path, r.base.sequence+1, tabled, answered.sequence)
}

// load puts the claims on disk back into the window.
func (s *Store) load(ctx context.Context, log *badgerLog, f found) error {
	var last position
	var entries uint64
	err := log.each(func(key, value []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var at position
		var err error
		if string(key) == deletionKey {
			at, err = unpackDeletion(value)
		} else if _, _, err = parseClaimKey(key); err == nil {
			entries++
			at, err = unpackClaims(value, func(c pending) {
				if c.expires > f.record.dropLine {
					s.window.Restore(c.id, c.expires)
				}
			})
		}
		if at.sequence > last.sequence {
			last = at
		}
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return corrupt(s.path, "%s", oneLine(err))
	}
	answered := f.acked.sequence
	if f.record.clean {
		answered = f.record.base.sequence
	}
	if f.exists && f.whole {
		if err := verifyEntries(s.path, f.record.base, answered, last, entries); err != nil {
			return err
		}
	}
	// Beyond everything that was ever written, so that a number is never used twice.
	s.at = position{
		sequence: max(last.sequence, f.acked.sequence, f.record.base.sequence),
		entries:  entries,
	}
	return nil
}

// begin settles floor and boot id, makes them durable as one record, and only then lets claims in.
func (s *Store) begin(f found, options Options) (err error) {
	now := s.window.Look()
	next := f.record
	next.serial++
	next.bootID, next.clean, next.durability = f.bootID, false, options.Durability
	next.base = s.at
	next.offset = s.window.Offset()
	floor, cause := s.settle(f, options.Initial, now, next.offset)
	next.floor = floor
	if floor > now {
		s.warnOfFloor(floor, cause)
	}
	s.window.RaiseFloor(next.floor)
	s.window.Drop(next.dropLine)

	// The base makes all older counts void, so acked may be reset before the record is written, but
	// for the mark of a failure: until the record stands, it is what tells the next Open.
	fresh := acked{position: s.at, claims: uint64(s.window.Held())}
	marked := fresh
	marked.failed = f.acked.failed
	if s.acked, err = openAckedFile(s.path, marked); err != nil {
		return err
	}
	if err = s.establish(next, f.exists, options.hooks.state); err == nil {
		err = s.acked.reset(fresh)
	}
	if err != nil {
		_ = s.acked.close()
		return fmt.Errorf("nonce store's record cannot be written: %w", err)
	}
	s.record = next
	if options.hooks.log != nil {
		s.log = options.hooks.log(s.log)
	}
	if options.hooks.bounds != nil {
		s.bounds = options.hooks.bounds(s.bounds)
	}
	s.logger.Info("nonce store is open", slog.String("path", s.path), slog.Int("claims", s.window.Held()),
		slog.Bool("same_boot", f.sameBoot), slog.String("durability", s.durability.String()))
	return nil
}

// establish makes next the record, and keeps its file open.
func (s *Store) establish(next record, exists bool, wrap func(stateFile) stateFile) error {
	if !exists {
		if err := errors.Join(createRecord(s.path, next), syncDirectory(filepath.Dir(s.path))); err != nil {
			return err
		}
	}
	file, err := openRecordFile(s.path)
	if err != nil {
		return err
	}
	s.state = file
	if wrap != nil {
		s.state = wrap(file)
	}
	if !exists {
		return nil
	}
	if err := s.state.write(next); err != nil {
		_ = s.state.close()
		return err
	}
	return nil
}

// acquire locks the store at path.
func acquire(path string, shared bool) (*os.File, error) {
	lock, held, err := lockFile(filepath.Join(path, lockName), shared)
	if held {
		return nil, fmt.Errorf("%w: %s is open in another process: stop that one, or give this one a directory of its own", ErrInUse, path)
	}
	return lock, err
}
