package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
)

// store is the embedded store of this project.
type store struct {
	inProcess
	*badgerstore.Store
}

func openStore(fsync bool) func(string) (contestant, error) {
	return func(directory string) (contestant, error) {
		o := badgerstore.Options{
			Initial:  nonce.New,
			Capacity: 100_000_000,
			KeyShare: 100_000_000,
			Logger:   slog.New(slog.NewTextHandler(io.Discard, nil)),
		}
		if fsync {
			o.Durability = badgerstore.DurabilityFsync
		}
		s, err := badgerstore.Open(context.Background(), directory, o)
		return store{Store: s}, err
	}
}

func (s store) claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error {
	return s.Claim(ctx, id, signed, expires)
}

// fill claims from many sides, there being no other way in.
func (s store) fill(count int, expires time.Time) error {
	var next atomic.Int64
	var group sync.WaitGroup
	const callers = 256
	failures := make(chan error, callers)
	for range callers {
		group.Go(func() {
			for n := next.Add(1); n <= int64(count); n = next.Add(1) {
				if err := s.Claim(context.Background(), idOf(fillSeed, uint64(n)), time.Now(), expires); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	if len(failures) > 0 {
		return <-failures
	}
	return nil
}

// plain is Badger with a transaction a claim: look whether the id is there, put it there with a TTL,
// and let Badger's detection of conflicts tell of two at once. Its options are Badger's own but for
// what it is better off without: hashes do not compress, and are read once if ever.
type plain struct {
	inProcess
	db *badger.DB
}

func openPlain(fsync bool) func(string) (contestant, error) {
	return func(directory string) (contestant, error) {
		db, err := badger.Open(badger.DefaultOptions(directory).
			WithLogger(nil).
			WithSyncWrites(fsync).
			WithCompression(options.None).
			WithBlockCacheSize(0).
			WithMetricsEnabled(false))
		return plain{db: db}, err
	}
}

var errReplayed = errors.New("nonce already used")

func (p plain) claim(_ context.Context, id nonce.ID, _, expires time.Time) error {
	err := p.db.Update(func(txn *badger.Txn) error {
		switch _, err := txn.Get(id[:]); {
		case err == nil:
			return errReplayed
		case !errors.Is(err, badger.ErrKeyNotFound):
			return err
		}
		return txn.SetEntry(p.entry(id, expires))
	})
	if errors.Is(err, badger.ErrConflict) {
		return errReplayed
	}
	return err
}

func (plain) entry(id nonce.ID, expires time.Time) *badger.Entry {
	e := badger.NewEntry(id[:], nil)
	e.ExpiresAt = uint64(expires.Unix()) + 1 // Badger's count of whole seconds
	return e
}

func (p plain) fill(count int, expires time.Time) error {
	batch := p.db.NewWriteBatch()
	defer batch.Cancel()
	for n := range count {
		if err := batch.SetEntry(p.entry(idOf(fillSeed, uint64(n)), expires)); err != nil {
			return fmt.Errorf("claim %d: %w", n, err)
		}
	}
	return batch.Flush()
}
