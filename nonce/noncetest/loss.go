package noncetest

import (
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// traffic accepts a minute of requests: on time, from clients whose clocks run 290 s ahead, and
// presigned ones.
func (s *subject) traffic() []claim {
	s.t.Helper()
	var claims []claim
	for i := range 60 {
		now := []claim{s.request(0), s.request(-200 * time.Second), s.presigned(900 * time.Second)}
		if i%2 == 0 {
			now = append(now, s.request(290*time.Second))
		}
		s.acceptAll(now)
		claims = append(claims, now...)
		s.clock.Advance(time.Second)
	}
	return claims
}

// refuseAll replays claims at once and on until they have expired.
func (s *subject) refuseAll(claims []claim) {
	s.t.Helper()
	for range 40 {
		for _, c := range claims {
			s.refuseAny(c)
		}
		s.clock.Advance(25 * time.Second)
	}
}

func closeForgetsNothing(_ *testing.T, s *subject, _ Durable) {
	s.open(Setup{Initial: nonce.New})
	claims := s.traffic()
	s.close()
	s.open(Setup{}) // Initial is for places without a store
	for _, c := range claims {
		s.refuse(c, nonce.ErrReplayed)
	}
	s.accept(s.request(0))
	s.refuseAll(claims)
}

func crashForgetsNothing(_ *testing.T, s *subject, place Durable) {
	s.open(Setup{Initial: nonce.New})
	claims := s.traffic()
	for range 3 {
		place.Crash()
		s.open(Setup{Initial: nonce.New})
		for _, c := range claims {
			s.refuse(c, nonce.ErrReplayed)
		}
		c := s.request(0)
		s.accept(c)
		claims = append(claims, c)
	}
	s.refuseAll(claims)
}

// crashAfterExpiryUndone lets a claim expire while it waits, and sets the clock back before the
// store looks again, between different readings of it. The store may refuse the claim or accept it,
// but not accept it and let it go as expired.
func crashAfterExpiryUndone(_ *testing.T, s *subject, place Durable) {
	s.open(Setup{Initial: nonce.New})
	for _, reading := range []struct{ expires, back int }{{1, 2}, {1, 3}, {2, 3}} {
		c := s.request(0)
		afterReading(s.clock, reading.expires, func() {
			s.clock.Advance(headerLife)
			afterReading(s.clock, reading.back-reading.expires, func() { s.clock.Step(-time.Second) })
		})
		err := s.try(c)
		s.clock.AfterRead(nil)
		place.Crash()
		s.open(Setup{Initial: nonce.New})
		if err == nil {
			s.refuseAny(c)
		}
	}
}

// afterReading makes then run when the wall time has been read n times.
func afterReading(clock *Clock, n int, then func()) {
	if n > 1 {
		clock.AfterRead(func() { afterReading(clock, n-1, then) })
		return
	}
	clock.AfterRead(then)
}

func powerLossAcceptsNothingTwice(_ *testing.T, s *subject, place Durable) {
	s.open(Setup{Initial: nonce.New})
	claims := s.traffic()
	for range 3 {
		place.LosePower()
		s.open(Setup{Initial: nonce.New})
		for _, c := range claims {
			s.refuseAny(c)
		}
		claims = append(claims, s.request(301*time.Second))
		s.accept(claims[len(claims)-1])
	}
	s.refuseAll(claims)
}

func powerLossRefusesNextToNobody(_ *testing.T, s *subject, place Durable) {
	s.open(Setup{Initial: nonce.New})
	s.traffic()
	place.LosePower()
	s.clock.Advance(10 * time.Second) // a machine takes longer to start
	s.open(Setup{Initial: nonce.New})
	s.clock.Advance(time.Second)
	s.accept(s.request(0))
	s.accept(s.request(300 * time.Second))
}

func floorOutlivesTheStore(_ *testing.T, s *subject, place Durable) {
	s.open(Setup{Initial: nonce.Replacement})
	floor := start.Add(nonce.ReplacementHold)
	check := func() {
		s.open(Setup{Initial: nonce.New})
		s.refuseOld(s.request(0), nonce.BelowFloor, floor)
	}
	s.close()
	check()
	place.Crash()
	check()
	place.LosePower()
	check()
	s.clock.Advance(nonce.ReplacementHold + time.Second)
	s.accept(s.request(0))

	// A floor that a clock jump has raised is durable too.
	s.clock.Step(time.Minute)
	floor = s.clock.Now().Add(nonce.ReplacementHold)
	s.refuseOld(s.request(0), nonce.BelowFloor, floor)
	s.close()
	check()
	place.LosePower()
	check()
}

func dropLineOutlivesTheStore(_ *testing.T, s *subject, place Durable) {
	s.open(Setup{Initial: nonce.New})
	c := s.request(0)
	s.accept(c)
	s.clock.Advance(headerLife)
	for range 20 {
		s.clock.Advance(10 * time.Second)
		s.accept(s.request(0))
	}
	for _, end := range []func(){s.close, place.Crash, place.LosePower} {
		end()
		s.clock.Step(-490 * time.Second)
		s.open(Setup{Initial: nonce.New})
		s.refuseAny(c)
		s.clock.Step(490 * time.Second)
		s.close()
		s.open(Setup{Initial: nonce.New})
	}
}

func snapshotRestoreIsNoticedOnOpen(_ *testing.T, s *subject, place Durable) {
	s.open(Setup{Initial: nonce.New})
	s.accept(s.request(0))
	place.Crash()
	// The machine's image was put back to this moment, and nobody looked at the clock until the
	// process had been restarted.
	s.clock.Step(time.Minute)
	s.open(Setup{Initial: nonce.New})
	s.refuseOld(s.request(0), nonce.BelowFloor, s.clock.Now().Add(nonce.ReplacementHold))
}
