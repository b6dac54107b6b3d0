package server

import (
	"context"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

const (
	// skew is how far a client's clock may be off, either way. SPEC §7.
	skew = 300 * time.Second
	// claimMargin is how much longer than its request a claim lives. SPEC §11.
	claimMargin = 2 * time.Second
	day         = 24 * time.Hour
)

// window returns the first and the last instant at which the request is in time. SPEC §7.
func (s *verification) window() (earliest, latest time.Time) {
	signed := s.request.Timestamp
	if s.request.Mode == canonical.PresignedMode {
		return signed.Add(-skew), signed.Add(s.request.Expires)
	}
	return signed.Add(-skew), signed.Add(skew)
}

// lateness returns why the request is out of time at an instant, or "".
func (s *verification) lateness(now time.Time) canonical.Reason {
	earliest, latest := s.window()
	switch {
	case !now.Before(earliest) && !now.After(latest):
		return ""
	case now.After(latest) && s.request.Mode == canonical.PresignedMode:
		return canonical.PresignExpired
	default:
		return canonical.ClockSkew
	}
}

// checkClockEarly is step 5. A request that was in time when it came, and has not waited for a body,
// need not be looked at again before step 9.
func (s *verification) checkClockEarly(ctx context.Context) *Rejection {
	if !s.bodyRead && s.lateness(s.now) == "" {
		return nil
	}
	return s.checkClock(ctx)
}

// checkClock is step 5, and the first part of step 9: the clock is read anew, because reading the
// body may have taken long.
func (s *verification) checkClock(context.Context) *Rejection {
	s.now = s.v.policy.Now()
	if reason := s.lateness(s.now); reason != "" {
		return s.rejectTime(reason, s.firstInTime())
	}
	if !s.key.ExpiresAt.IsZero() && !s.now.Before(s.key.ExpiresAt) {
		return reject(canonical.KeyExpired, "")
	}
	if !s.key.Secrets[s.decision.SecretIndex].active(s.now) {
		return reject(canonical.SignatureMismatch, "the secret is no longer active")
	}
	return nil
}

// firstInTime returns the first timestamp that is in time now.
func (s *verification) firstInTime() time.Time {
	_, latest := s.window()
	return s.now.Add(-latest.Sub(s.request.Timestamp))
}

// rejectTime makes a refusal for time with authenticated time, which only the holder of the key
// that signed this request can use. SPEC §7.
func (s *verification) rejectTime(reason canonical.Reason, earliest time.Time) *Rejection {
	rejection := reject(reason, "")
	rejection.serverTime = canonical.NewServerTime(s.signingKey, s.request.Dialect, s.request.Signature, s.now, earliest).String()
	return rejection
}
