package noncetest

import (
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

func shareOfOneKeyIsBounded(_ *testing.T, s *subject) {
	s.open(Setup{Initial: nonce.New, Capacity: 100, KeyShare: 10})
	var last claim
	for range 10 {
		last = s.request(0)
		s.accept(last)
		s.clock.Advance(time.Second)
	}
	s.refuse(s.request(0), nonce.ErrQuota)
	s.refuse(last, nonce.ErrReplayed) // says more than the share
	other := s.request(0)
	other.id = s.id("another key")
	s.accept(other)
	// Its share comes back when its claims expire and their bucket is dropped.
	s.clock.Advance(headerLife + time.Minute)
	for range 10 {
		s.accept(s.request(0))
	}
	s.refuse(s.request(0), nonce.ErrQuota)
}

func fullRefusesUntilSomethingExpires(t *testing.T, s *subject) {
	const capacity = 50
	s.open(Setup{Initial: nonce.New, Capacity: capacity, KeyShare: capacity})
	var claims []claim
	for range capacity {
		c := s.request(0)
		s.accept(c)
		claims = append(claims, c)
		s.clock.Advance(time.Second)
	}
	s.refuse(s.request(0), nonce.ErrFull)
	for _, c := range claims {
		s.refuse(c, nonce.ErrReplayed) // nothing was evicted
	}
	if err, known := s.ready(); known && err == nil {
		t.Fatal("ready while full")
	}
	// One claim expires: there is room for one.
	s.clock.Advance(claims[0].expires.Sub(s.clock.Now()))
	s.accept(s.request(0))
	s.refuse(s.request(0), nonce.ErrFull)
	s.clock.Advance(headerLife)
	for range capacity {
		s.accept(s.request(0))
	}
	s.refuse(s.request(0), nonce.ErrFull)
}
