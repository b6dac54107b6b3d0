// Package noncetest is the contract of [nonce.Store] as a test suite: [Run] is the function that
// the tests of a store call. The suite injects its clock and never sleeps.
package noncetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// Setup is how a test wants its store.
type Setup struct {
	Clock   *Clock
	Initial nonce.Initial
	// Capacity and KeyShare bound the live claims; 0 is the store's default.
	Capacity, KeyShare int
}

// Place is where the store of one test lives. A place is used for one test only.
type Place interface {
	// Open opens the store there, with what earlier ones have left. At most one is open at a time.
	Open(Setup) (nonce.Store, error)
}

// Durable is a Place whose stores outlive Close.
type Durable interface {
	Place
	// Crash ends the open store as kill -9 would, without Close; Open then finds what a new
	// process would find.
	Crash()
	// LosePower ends the open store as a power loss would: everything that it has not made durable
	// is gone, and Open runs under another boot.
	LosePower()
}

// Run runs the suite, each test in a place of its own and in parallel.
func Run(t *testing.T, newPlace func(t *testing.T) Place) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *subject)
	}{
		{"FirstOfManyWins", firstOfManyWins},
		{"ReplayUntilExpiry", replayUntilExpiry},
		{"KeysDoNotMeet", keysDoNotMeet},
		{"PeekRecordsNothing", peekRecordsNothing},
		{"CancelledIsNotAccepted", cancelledIsNotAccepted},
		{"ClosedRefuses", closedRefuses},
		{"CloseWaitsForClaims", closeWaitsForClaims},
		{"CloseFromManySides", closeFromManySides},
		{"ReplacementRefusesForAWhile", replacementRefusesForAWhile},
		{"NewServesAtOnce", newServesAtOnce},
		{"ExpiryIsExact", expiryIsExact},
		{"ExpiryWhileWaiting", expiryWhileWaiting},
		{"StepBackReopensNothing", stepBackReopensNothing},
		{"JumpRaisesFloor", jumpRaisesFloor},
		{"JumpWhileWaiting", jumpWhileWaiting},
		{"SmallStepsAndSleepDoNotRaiseFloor", smallStepsAndSleepDoNotRaiseFloor},
		{"ShareOfOneKeyIsBounded", shareOfOneKeyIsBounded},
		{"FullRefusesUntilSomethingExpires", fullRefusesUntilSomethingExpires},
		{"TurnoverRefusesNothingLegitimate", turnoverRefusesNothingLegitimate},
		{"TurnoverUnderConcurrency", turnoverUnderConcurrency},
		{"ClaimsAreLinearizable", claimsAreLinearizable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, newSubject(t, newPlace(t)))
		})
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *subject, Durable)
	}{
		{"CloseForgetsNothing", closeForgetsNothing},
		{"CrashForgetsNothing", crashForgetsNothing},
		{"CrashAfterExpiryUndone", crashAfterExpiryUndone},
		{"PowerLossAcceptsNothingTwice", powerLossAcceptsNothingTwice},
		{"PowerLossRefusesNextToNobody", powerLossRefusesNextToNobody},
		{"FloorOutlivesTheStore", floorOutlivesTheStore},
		{"DropLineOutlivesTheStore", dropLineOutlivesTheStore},
		{"SnapshotRestoreIsNoticedOnOpen", snapshotRestoreIsNoticedOnOpen},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			place, ok := newPlace(t).(Durable)
			if !ok {
				t.Skip("the store does not outlive its process")
			}
			test.run(t, newSubject(t, place), place)
		})
	}
}

// start is when every test begins: a whole second, and no boundary of any likely bucket.
var start = time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC)

// subject is the store under test, with its clock.
type subject struct {
	t     *testing.T
	place Place
	clock *Clock
	store nonce.Store
	made  atomic.Int64
}

func newSubject(t *testing.T, place Place) *subject {
	s := &subject{t: t, place: place, clock: NewClock(start)}
	t.Cleanup(func() {
		if s.store != nil {
			_ = s.store.Close()
		}
	})
	return s
}

func (s *subject) open(setup Setup) {
	s.t.Helper()
	setup.Clock = s.clock
	store, err := s.place.Open(setup)
	if err != nil {
		s.t.Fatalf("open: %v", err)
	}
	s.store = store
}

func (s *subject) close() {
	s.t.Helper()
	if err := s.store.Close(); err != nil {
		s.t.Fatalf("close: %v", err)
	}
}

// claim is a request: a client signed it when its clock was ahead by so much.
type claim struct {
	id              nonce.ID
	signed, expires time.Time
}

// headerLife is how long after it was signed a request is acceptable, and its margin.
const headerLife = 302 * time.Second

// request makes a claim with a fresh nonce, signed now by a client whose clock is ahead.
func (s *subject) request(ahead time.Duration) claim {
	signed := s.clock.Now().Add(ahead)
	return claim{s.id("key"), signed, signed.Add(headerLife)}
}

// presigned makes a claim for a URL that is good for so long from now on.
func (s *subject) presigned(life time.Duration) claim {
	signed := s.clock.Now()
	return claim{s.id("key"), signed, signed.Add(life + 2*time.Second)}
}

func (s *subject) id(key string) nonce.ID {
	return nonce.NewID(key, fmt.Sprint("nonce", s.made.Add(1)))
}

func (s *subject) try(c claim) error {
	return s.store.Claim(context.Background(), c.id, c.signed, c.expires)
}

func (s *subject) accept(c claim) {
	s.t.Helper()
	if err := s.try(c); err != nil {
		s.t.Fatalf("claim signed %s from now, expires in %s: %v, want it accepted",
			c.signed.Sub(s.clock.Now()), c.expires.Sub(s.clock.Now()), err)
	}
}

func (s *subject) refuse(c claim, want error) {
	s.t.Helper()
	if err := s.try(c); !errors.Is(err, want) {
		s.t.Fatalf("claim signed %s from now, expires in %s: %v, want %v",
			c.signed.Sub(s.clock.Now()), c.expires.Sub(s.clock.Now()), err, want)
	}
}

// refuseAny is for what may be refused as a replay or for its time.
func (s *subject) refuseAny(c claim) {
	s.t.Helper()
	if err := s.try(c); !errors.Is(err, nonce.ErrReplayed) && !errors.Is(err, nonce.ErrTooOld) {
		s.t.Fatalf("claim signed %s from now, expires in %s: %v, want ErrReplayed or ErrTooOld",
			c.signed.Sub(s.clock.Now()), c.expires.Sub(s.clock.Now()), err)
	}
}

func (s *subject) refuseOld(c claim, cause nonce.Cause, bound time.Time) {
	s.t.Helper()
	err := s.try(c)
	var old *nonce.TooOldError
	if !errors.As(err, &old) || !errors.Is(err, nonce.ErrTooOld) {
		s.t.Fatalf("claim: %v, want a *TooOldError", err)
	}
	if old.Cause != cause || !old.Bound.Equal(bound) {
		s.t.Fatalf("claim: %s at %s, want %s at %s", old.Cause, old.Bound, cause, bound)
	}
}

// ready asks stores that can tell.
func (s *subject) ready() (err error, known bool) {
	readier, ok := s.store.(nonce.Readier)
	if !ok {
		return nil, false
	}
	return readier.Ready(context.Background()), true
}
