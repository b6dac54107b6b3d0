package vaultkeys

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/countersign-dev/countersign/server"
)

// Source is a [server.KeySource] on keys in Vault. It answers from memory, which it keeps fresh in
// the background; a request waits for Vault only when it is the first to name a key, and no longer
// than Options.Wait.
//
// The zero Source knows no keys and cannot tell: the verifier answers 503.
type Source struct {
	options    Options
	opened     time.Time
	session    *session
	kv         *kv
	listing    atomic.Pointer[listing] // nil: never listed
	flights    singleflight.Group      // first readings, by key id
	firstReads *budget
	refreshes  *budget
	listed     trouble   // of the listing
	records    trouble   // of records
	lateToldAt time.Time // of refresh alone: when the log last heard that keys are refreshed too late
	owners     owners

	ctx     context.Context // ends with the source
	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Mutex // orders what begins before Close's waiting
	closed  bool       // under closing
}

var _ server.KeySource = (*Source)(nil)

var (
	errNotOpen   = errors.New("vaultkeys: the source was not opened: use vaultkeys.Open")
	errNotListed = errors.New("vaultkeys: the keys have not been listed yet: Vault is not reachable, or has just been asked")
	errClosed    = errors.New("vaultkeys: the source is closed")
)

// ErrStale: what is in memory is too old to rely on, because Vault has not answered for so long.
var ErrStale = errors.New("vaultkeys: keys are too old")

// Open logs in to Vault, lists the keys, and follows their changes until Close. It fails at once on
// options that cannot be right, when Vault refuses the login or the listing, and when its
// certificate cannot be verified. A Vault that does not answer is no failure: the source then
// tries on, knows no keys, and is not ready. Ctx bounds Open alone.
func Open(ctx context.Context, options Options) (*Source, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Source{options: options, opened: options.Now()}
	// What fails is asked for again within the refresh interval, and may take as long as a reading.
	s.records.quiet = options.Refresh + 2*options.Timeout
	s.ctx, s.stop = context.WithCancel(context.Background())
	if s.session, err = newSession(s.ctx, options); err != nil {
		s.stop()
		return nil, err
	}
	s.kv = &kv{client: s.session.client, mount: options.Mount, prefix: options.Prefix, timeout: options.Timeout}
	s.firstReads, s.refreshes = newBudget(options.FirstReads, 32), newBudget(options.Refreshes, max(8, options.Refreshes/8))
	s.running.Go(func() { s.session.run(s.ctx, &s.running) })
	if err := s.begin(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	s.running.Go(func() { s.followList(s.ctx) })
	s.running.Go(func() { s.refresh(s.ctx) })
	return s, nil
}

// begin waits for the first login and listing, and returns an error that time will not mend.
func (s *Source) begin(ctx context.Context) error {
	var err error
	select {
	case err = <-s.session.attempts:
	case <-ctx.Done():
		return fmt.Errorf("vaultkeys: logging in to Vault: %w", ctx.Err())
	}
	if err == nil {
		<-s.session.fresh
		stop := context.AfterFunc(ctx, s.stop)
		err = s.list(s.ctx)
		if !stop() {
			return fmt.Errorf("vaultkeys: listing keys: %w", ctx.Err())
		}
	}
	if err != nil && permanent(err) {
		return fmt.Errorf("vaultkeys: %w", err)
	}
	return nil
}

// Key returns the record of id, an error that wraps [server.ErrUnknownKey], or another one when it
// cannot tell: Vault has not answered for too long, or not in time for the first use of a key. The
// same value comes back for as long as the record stays as it is.
//
// An id that is not in the list from Vault costs a look into a map: it never causes a question to
// Vault, nor gets into one. A key that is deleted, or whose record is malformed, is unknown.
func (s *Source) Key(ctx context.Context, id string) (*server.Key, error) {
	if s.session == nil {
		return nil, errNotOpen
	}
	listing := s.listing.Load()
	if listing == nil {
		return nil, errNotListed
	}
	now := s.options.Now()
	if err := s.stale(listing.asOf, now); err != nil {
		return nil, err
	}
	e, known := listing.entries[id]
	if !known {
		return nil, server.ErrUnknownKey
	}
	e.touch(s.elapsed(now))
	c := e.cached.Load()
	if c == nil {
		return s.firstUse(ctx, e, now)
	}
	if err := s.stale(c.asOf, now); err != nil {
		return nil, err
	}
	return c.key, c.err
}

// stale refuses what was true at asOf: too long ago to be relied on.
func (s *Source) stale(asOf, now time.Time) error {
	if age := now.Sub(asOf); age > s.options.Refresh+s.options.MaxStale {
		return fmt.Errorf("%w: Vault last told of them %s ago", ErrStale, age.Round(time.Second))
	}
	return nil
}

// elapsed returns the nanoseconds from Open to now, which steps of the wall clock do not change.
func (s *Source) elapsed(now time.Time) int64 { return int64(now.Sub(s.opened)) }

// enter counts something that Close must wait for, unless it is too late; leave ends it.
func (s *Source) enter() bool {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// Close stops following Vault, and returns when nothing of the source runs any more. What is in
// memory can still be asked for, until it is too old.
func (s *Source) Close() error {
	if s.stop == nil {
		return nil
	}
	s.closing.Lock()
	s.closed = true
	s.closing.Unlock()
	s.stop()
	s.running.Wait()
	s.session.closeIdle()
	return nil
}
