package noncetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

func firstOfManyWins(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	const ids, copies = 500, 32
	claims := make([]claim, ids)
	for i := range claims {
		claims[i] = s.request(0)
	}
	won := make([]atomic.Int32, ids)
	var others atomic.Int32
	var callers sync.WaitGroup
	for range copies {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for i, c := range claims {
				switch err := s.try(c); {
				case err == nil:
					won[i].Add(1)
				case !errors.Is(err, nonce.ErrReplayed):
					others.Add(1)
				}
			}
		}()
	}
	callers.Wait()
	for i := range won {
		if n := won[i].Load(); n != 1 {
			t.Errorf("id %d was accepted %d times, want once", i, n)
		}
	}
	if n := others.Load(); n != 0 {
		t.Errorf("%d claims got an error other than ErrReplayed", n)
	}
}

func replayUntilExpiry(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	for _, life := range []time.Duration{300 * time.Second, 900 * time.Second, 7 * 24 * time.Hour} {
		c := s.presigned(life)
		s.accept(c)
		s.refuse(c, nonce.ErrReplayed)
		longer := c
		longer.expires = c.expires.Add(time.Hour)
		s.refuse(longer, nonce.ErrReplayed)
		shorter := c
		shorter.expires = s.clock.Now().Add(time.Second)
		s.refuse(shorter, nonce.ErrReplayed)

		for s.clock.Now().Before(c.expires.Add(-time.Second)) {
			s.clock.Advance(min(life/7, c.expires.Add(-time.Second).Sub(s.clock.Now())))
			s.accept(s.request(0)) // gives the store occasion to drop
			s.refuse(c, nonce.ErrReplayed)
		}
		s.clock.Advance(time.Second)
		s.refuseOld(c, nonce.Expired, s.clock.Now())
		// The first claim is over: the id is as good as new, if its time is.
		s.accept(longer)
		s.refuse(longer, nonce.ErrReplayed)
	}
}

func keysDoNotMeet(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	for _, key := range []string{"a", "b", "ab"} {
		c := s.request(0)
		c.id = nonce.NewID(key, "the same nonce")
		s.accept(c)
		s.refuse(c, nonce.ErrReplayed)
	}
}

func peekRecordsNothing(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	peeker, ok := s.store.(nonce.Peeker)
	if !ok {
		t.Skip("the store cannot peek")
	}
	ctx := context.Background()
	c := s.request(0)
	for range 2 {
		if err := peeker.Peek(ctx, c.id); err != nil {
			t.Fatalf("peek at an unclaimed id: %v", err)
		}
	}
	s.accept(c)
	if err := peeker.Peek(ctx, c.id); !errors.Is(err, nonce.ErrReplayed) {
		t.Fatalf("peek at a claimed id: %v, want ErrReplayed", err)
	}
	s.clock.Advance(headerLife)
	if err := peeker.Peek(ctx, c.id); err != nil {
		t.Fatalf("peek at an expired id: %v", err)
	}
}

func cancelledIsNotAccepted(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := s.request(0)
	if err := s.store.Claim(ctx, c.id, c.signed, c.expires); err == nil {
		t.Fatal("a cancelled claim was accepted")
	}
}

func closedRefuses(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	s.accept(s.request(0))
	s.close()
	s.refuse(s.request(0), nonce.ErrClosed)
	if err, known := s.ready(); known && !errors.Is(err, nonce.ErrClosed) {
		t.Fatalf("ready after close: %v, want ErrClosed", err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatalf("second close: %v", err)
	}
}

func closeWaitsForClaims(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	var callers sync.WaitGroup
	var bad atomic.Int32
	for range 16 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for {
				switch err := s.try(s.request(0)); {
				case err == nil:
				case errors.Is(err, nonce.ErrClosed):
					return
				default:
					bad.Add(1)
					return
				}
			}
		}()
	}
	s.close()
	callers.Wait()
	if n := bad.Load(); n != 0 {
		t.Fatalf("%d claims during close got neither nil nor ErrClosed", n)
	}
}

func closeFromManySides(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	s.accept(s.request(0))
	const callers = 8
	errs := make([]error, 2*callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Add(1)
		go func() {
			defer group.Done()
			errs[2*i] = s.store.Close()
			// Whoever has closed the store finds it closed.
			if err := s.try(s.request(0)); !errors.Is(err, nonce.ErrClosed) {
				errs[2*i+1] = fmt.Errorf("claim after close: %v, want ErrClosed", err)
			}
		}()
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
