package noncetest

import (
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

func replacementRefusesForAWhile(t *testing.T, s *subject) {
	s.open(Setup{}) // the zero value
	floor := start.Add(nonce.ReplacementHold)
	s.refuseOld(s.request(0), nonce.BelowFloor, floor)
	s.refuseOld(s.request(nonce.ReplacementHold), nonce.BelowFloor, floor)
	if err, known := s.ready(); known && err == nil {
		t.Fatal("ready while every request is refused")
	}
	s.accept(s.request(nonce.ReplacementHold + time.Nanosecond))

	s.clock.Advance(nonce.ReplacementHold)
	s.refuseOld(s.request(0), nonce.BelowFloor, floor)
	if err, known := s.ready(); known && err == nil {
		t.Fatal("ready on the floor")
	}
	s.clock.Advance(time.Second)
	s.accept(s.request(0))
	s.refuseOld(s.request(-time.Second), nonce.BelowFloor, floor)
	if err, known := s.ready(); known && err != nil {
		t.Fatalf("not ready past the floor: %v", err)
	}
}

func newServesAtOnce(t *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	if err, known := s.ready(); known && err != nil {
		t.Fatalf("not ready: %v", err)
	}
	for _, ahead := range []time.Duration{-300 * time.Second, 0, 300 * time.Second} {
		c := s.request(ahead)
		s.accept(c)
		s.refuse(c, nonce.ErrReplayed)
	}
	// A URL presigned long ago is as new as any.
	c := s.presigned(7 * 24 * time.Hour)
	c.signed = c.signed.Add(-6 * 24 * time.Hour)
	s.accept(c)
}

func expiryIsExact(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	c := s.request(0)
	c.expires = s.clock.Now()
	s.refuseOld(c, nonce.Expired, s.clock.Now())
	c.expires = s.clock.Now().Add(-time.Hour)
	s.refuseOld(c, nonce.Expired, s.clock.Now())
	c.expires = s.clock.Now().Add(time.Nanosecond)
	s.accept(c)
	s.refuse(c, nonce.ErrReplayed)

	c = s.request(0)
	s.accept(c)
	s.clock.Advance(headerLife - time.Nanosecond)
	s.refuse(c, nonce.ErrReplayed)
	s.clock.Advance(time.Nanosecond)
	s.refuseOld(c, nonce.Expired, s.clock.Now())
}

func expiryWhileWaiting(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New})
	c := s.request(0)
	s.clock.AfterRead(func() { s.clock.Advance(headerLife) })
	s.refuseOld(c, nonce.Expired, c.expires)
}
