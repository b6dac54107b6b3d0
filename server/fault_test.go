package server_test

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// fault is what a call of a store or key source does in place of its work, or besides: work does it.
type fault func(ctx context.Context, work func() error) error

var errFault = errors.New("i/o error")

// fails has a call fail with an error, without doing anything.
func fails(err error) fault {
	return func(context.Context, func() error) error { return err }
}

// failsAfter has a call do its work, and fail even so: failed but persisted.
func failsAfter(err error) fault {
	return func(_ context.Context, work func() error) error { _ = work(); return err }
}

// hanging is a call that waits until its context ends.
type hanging struct {
	works   bool          // it does its work first
	reached chan struct{} // closed when it waits
}

func newHanging(works bool) *hanging { return &hanging{works, make(chan struct{})} }

func (h *hanging) fault(ctx context.Context, work func() error) error {
	if h.works {
		_ = work()
	}
	close(h.reached)
	<-ctx.Done()
	return ctx.Err()
}

func panics(context.Context, func() error) error { panic("a store's or key source's own fault") }

func panicsAfter(ctx context.Context, work func() error) error {
	_ = work()
	return panics(ctx, work)
}

// faulty is a store and a key source whose calls have faults. It is safe for concurrent use while
// the faults stay as they are.
type faulty struct {
	nonce.Store
	keys server.KeySource

	key   fault // of Key; nil for none
	peek  fault
	claim fault
	skip  int64 // how many calls of Key go well first

	asked atomic.Int64 // calls of Key
}

var (
	_ nonce.Store      = (*faulty)(nil)
	_ nonce.Peeker     = (*faulty)(nil)
	_ server.KeySource = (*faulty)(nil)
)

// withFaults puts what may have faults between a verifier and its store and key source.
func withFaults(f *faulty) func(*setup) {
	return func(u *setup) {
		f.Store, f.keys = u.store, u.keys
		u.nonces, u.keys = f, f
	}
}

// heal ends all faults.
func (f *faulty) heal() { f.key, f.peek, f.claim = nil, nil, nil }

func (f *faulty) Key(ctx context.Context, id string) (key *server.Key, err error) {
	work := func() error { key, err = f.keys.Key(ctx, id); return err }
	if f.asked.Add(1) <= f.skip || f.key == nil {
		_ = work()
		return key, err
	}
	err = f.key(ctx, work)
	return key, err
}

func (f *faulty) Peek(ctx context.Context, id nonce.ID) error {
	work := func() error { return f.Store.(nonce.Peeker).Peek(ctx, id) }
	if f.peek == nil {
		return work()
	}
	return f.peek(ctx, work)
}

func (f *faulty) Claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error {
	work := func() error { return f.Store.Claim(ctx, id, signed, expires) }
	if f.claim == nil {
		return work()
	}
	return f.claim(ctx, work)
}
