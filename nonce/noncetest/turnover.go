package noncetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// turnoverRefusesNothingLegitimate runs an hour of clients at both ends of the skew and of presigned
// URLs while buckets turn over. The capacity is what the claims of that time need and a minute's
// more, so a store that does not drop, or drops too late, is full soon.
func turnoverRefusesNothingLegitimate(_ *testing.T, s *subject) {
	const stride = 9 * time.Second
	live := func(life time.Duration) int { return int((life + time.Minute) / stride) }
	capacity := live(2*time.Second) + live(headerLife) + live(602*time.Second) + 2*live(902*time.Second) + 10
	s.open(Setup{Initial: nonce.New, Capacity: capacity, KeyShare: capacity})
	var recent []claim
	for i := 0; i < int(time.Hour/stride); i++ {
		late := s.presigned(900 * time.Second)
		late.signed = late.signed.Add(-600 * time.Second)
		late.expires = late.expires.Add(-600 * time.Second)
		claims := []claim{
			s.request(-300 * time.Second), s.request(0), s.request(300 * time.Second),
			s.presigned(900 * time.Second), late,
		}
		if i%100 == 0 {
			claims = append(claims, s.presigned(7*24*time.Hour))
		}
		s.acceptAll(claims)
		recent = append(recent, claims...)
		if i%5 == 0 {
			s.refuseAny(recent[(i*7919)%len(recent)])
			s.refuseAny(recent[len(recent)-1])
		}
		s.clock.Advance(stride)
	}
	for _, c := range recent {
		s.refuseAny(c)
	}
}

// acceptAll claims all at once.
func (s *subject) acceptAll(claims []claim) {
	s.t.Helper()
	errs := make([]error, len(claims))
	var group sync.WaitGroup
	for i, c := range claims {
		group.Add(1)
		go func() {
			defer group.Done()
			errs[i] = s.try(c)
		}()
	}
	group.Wait()
	for i, err := range errs {
		if c := claims[i]; err != nil {
			s.t.Fatalf("claim signed %s from now, expires in %s: %v, want it accepted",
				c.signed.Sub(s.clock.Now()), c.expires.Sub(s.clock.Now()), err)
		}
	}
}

// turnoverUnderConcurrency claims the same ids from several sides while time moves on.
func turnoverUnderConcurrency(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	const callers, ids = 8, 400
	var turn atomic.Int64
	won := make([]atomic.Int32, ids)
	var group sync.WaitGroup
	var failed atomic.Pointer[error]
	for range callers {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range ids {
				if turn.Add(1)%callers == 0 {
					s.clock.Advance(time.Second)
				}
				c := claim{nonce.NewID("key", fmt.Sprint(i)), start, start.Add(time.Duration(i+60) * time.Second)}
				switch err := s.try(c); {
				case err == nil:
					won[i].Add(1)
				case !errors.Is(err, nonce.ErrReplayed) && !errors.Is(err, nonce.ErrTooOld):
					failed.Store(&err)
				}
			}
		}()
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		t.Fatal(*err)
	}
	total := 0
	for i := range won {
		n := int(won[i].Load())
		if total += n; n > 1 {
			t.Errorf("id %d was accepted %d times", i, n)
		}
	}
	if total == 0 {
		t.Error("nothing was accepted")
	}
}
