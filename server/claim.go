package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
)

// peek is step 6: a nonce that is known to be used costs its key's owner nothing more.
func (s *verification) peek(ctx context.Context) *Rejection {
	if s.v.peeker == nil || s.reusable() {
		return nil
	}
	if err := s.v.peeker.Peek(ctx, s.nonceID()); errors.Is(err, nonce.ErrReplayed) {
		return rejectFor(canonical.Replayed, nil)
	} else if err != nil {
		return s.rejectClaim(err)
	}
	return nil
}

// nonceID names the claim: of the nonce, or of the signature that takes its place.
func (s *verification) nonceID() nonce.ID {
	if !s.named {
		s.id, s.named = nonce.NewID(s.request.KeyID, s.request.Nonce), true
	}
	return s.id
}

// claim is step 9: look at the clock again, then claim the nonce. The first claim wins. Of a reusable
// presigned URL nothing is claimed.
func (s *verification) claim(ctx context.Context) *Rejection {
	if rejection := s.checkClock(ctx); rejection != nil {
		return rejection
	}
	if s.reusable() {
		return nil
	}
	_, latest := s.window()
	err := s.v.nonces.Claim(ctx, s.nonceID(), s.request.Timestamp, latest.Add(claimMargin))
	if err != nil {
		return s.rejectClaim(err)
	}
	return nil
}

// rejectClaim translates the store's refusal.
func (s *verification) rejectClaim(err error) *Rejection {
	var tooOld *nonce.TooOldError
	switch {
	case errors.Is(err, nonce.ErrReplayed):
		return reject(canonical.Replayed, "")
	case errors.As(err, &tooOld):
		return s.rejectTooOld(tooOld)
	case errors.Is(err, nonce.ErrFull):
		return rejectFor(canonical.StoreFull, err)
	case errors.Is(err, nonce.ErrQuota):
		return rejectFor(canonical.ClaimQuota, err)
	case errors.Is(err, nonce.ErrDiskLow):
		return rejectFor(canonical.DiskLow, err)
	default:
		return rejectFor(canonical.StoreUnavailable, err)
	}
}

// rejectTooOld answers a request that the store cannot vouch for: 401 with authenticated time when
// signing again now would pass, else 503 until it will.
func (s *verification) rejectTooOld(tooOld *nonce.TooOldError) *Rejection {
	s.now = s.v.policy.Now()
	bound := tooOld.Bound
	switch tooOld.Cause {
	case nonce.Expired:
		reason := s.lateness(tooOld.Bound)
		if reason == "" { // the margin has not passed, and the store's clock is not ours
			reason = canonical.ClockSkew
		}
		rejection := s.rejectTime(reason, s.firstInTime())
		rejection.cause = tooOld
		return rejection
	case nonce.BelowDropLine:
		// What is signed this much later expires beyond the drop line.
		_, latest := s.window()
		bound = bound.Add(-latest.Add(claimMargin).Sub(s.request.Timestamp))
	}
	earliest := bound.Truncate(time.Second).Add(time.Second) // timestamps are whole seconds
	rejection := s.rejectTime(canonical.StoreFloor, earliest)
	rejection.cause = tooOld
	if wait := earliest.Sub(s.now); wait > 0 {
		rejection.status, rejection.RetryAfter = http.StatusServiceUnavailable, wait
	}
	return rejection
}
