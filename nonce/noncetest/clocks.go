package noncetest

import (
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

func stepBackReopensNothing(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	var claims []claim
	// Two minutes of traffic, so that the claims lie in several buckets, then time for all of them
	// to be dropped.
	for range 120 {
		c := s.request(0)
		s.accept(c)
		claims = append(claims, c)
		s.clock.Advance(time.Second)
	}
	for range 60 {
		s.clock.Advance(10 * time.Second)
		s.accept(s.request(0))
	}
	for range 72 {
		s.clock.Step(-10 * time.Second)
		for _, c := range claims {
			s.refuseAny(c)
		}
	}
}

func jumpRaisesFloor(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	before := s.request(0)
	s.accept(before)
	s.clock.Advance(time.Minute)
	s.clock.Step(nonce.ClockJump + time.Second)
	floor := s.clock.Now().Add(nonce.ReplacementHold)
	s.refuseOld(s.request(0), nonce.BelowFloor, floor)
	s.refuseOld(s.request(nonce.ReplacementHold), nonce.BelowFloor, floor)
	s.refuseAny(before)
	if err, known := s.ready(); known && err == nil {
		t.Fatal("ready while every request is refused")
	}
	// The floor only rises: setting the clock right again does not lower it.
	s.clock.Step(-nonce.ClockJump - time.Second)
	s.refuseOld(s.request(0), nonce.BelowFloor, floor)
	s.clock.Advance(nonce.ReplacementHold + nonce.ClockJump + 2*time.Second)
	s.accept(s.request(0))
}

func jumpWhileWaiting(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	c := s.request(0)
	s.clock.AfterRead(func() { s.clock.Step(time.Minute) })
	s.refuseOld(c, nonce.BelowFloor, start.Add(time.Minute+nonce.ReplacementHold))
}

func smallStepsAndSleepDoNotRaiseFloor(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	for range 5 {
		s.clock.Step(nonce.ClockJump)
		s.accept(s.request(0))
	}
	s.clock.Advance(8 * time.Hour) // the machine slept: both clocks moved
	s.accept(s.request(0))
	s.clock.Step(-time.Second) // a leap second
	s.accept(s.request(0))
}
