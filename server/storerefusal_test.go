package server_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
)

// The clock is looked at again right before the claim, whatever took the time since the first look.
func TestClockIsReadAgainBeforeTheClaim(t *testing.T) {
	u := newSetup(t)
	u.store.peeking = func() { u.clock.Advance(time.Second) }
	s := newSigning()
	s.at = noon.Add(-300 * time.Second)
	answer := u.requireRefused(t, s.request(t), canonical.ClockSkew)
	requireServerTime(t, answer.Header(), s, noon.Add(time.Second), noon.Add(-299*time.Second))

	u = newSetup(t, func(u *setup) { u.key.ExpiresAt = noon.Add(time.Second) })
	u.store.peeking = func() { u.clock.Advance(time.Second) }
	u.requireRefused(t, newSigning().request(t), canonical.KeyExpired)
}

// A claim that had to wait until its request was out of time is refused by the store itself.
func TestClaimThatWaitedTooLong(t *testing.T) {
	for _, c := range []struct {
		expires int
		reason  canonical.Reason
	}{{0, canonical.ClockSkew}, {60, canonical.PresignExpired}} {
		u, s := newSetup(t), newSigning()
		s.expires = c.expires
		u.store.before = func() { u.clock.Advance(303 * time.Second) }
		answer := u.serve(s.request(t))
		require.Equal(t, 401, answer.Code)
		require.Equal(t, c.reason, u.decision(t).Reason)
		require.ErrorIs(t, u.decision(t).Rejection, nonce.ErrTooOld)
		require.Zero(t, u.store.granted.Load())
		require.Zero(t, u.upstream.Load())
		earliest := noon.Add(3 * time.Second)
		if c.expires != 0 {
			earliest = noon.Add(243 * time.Second)
		}
		requireServerTime(t, answer.Header(), s, noon.Add(303*time.Second), earliest)
	}
}

func TestTooOldAnswers(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		cause    nonce.Cause
		bound    time.Duration // from noon, as the others
		expires  int
		reason   canonical.Reason
		status   int
		earliest time.Duration
		retry    string
	}{
		// Signing again now would pass: the first whole second above the floor is no later than now.
		"floor passed":              {nonce.BelowFloor, -time.Second, 0, canonical.StoreFloor, 401, 0, ""},
		"floor passed, fraction":    {nonce.BelowFloor, -500 * ms, 0, canonical.StoreFloor, 401, 0, ""},
		"floor now":                 {nonce.BelowFloor, 0, 0, canonical.StoreFloor, 503, time.Second, "1"},
		"floor ahead":               {nonce.BelowFloor, 299500 * ms, 0, canonical.StoreFloor, 503, 300 * time.Second, "300"},
		"floor ahead, whole second": {nonce.BelowFloor, 300 * time.Second, 0, canonical.StoreFloor, 503, 301 * time.Second, "301"},
		// A claim lives 302 s in header mode, expires + 2 s presigned.
		"drop line passed":     {nonce.BelowDropLine, 301 * time.Second, 0, canonical.StoreFloor, 401, 0, ""},
		"drop line ahead":      {nonce.BelowDropLine, 310 * time.Second, 0, canonical.StoreFloor, 503, 9 * time.Second, "9"},
		"drop line, presigned": {nonce.BelowDropLine, 71 * time.Second, 60, canonical.StoreFloor, 503, 10 * time.Second, "10"},
		// The store's clock runs ahead of the verifier's.
		"expired by the store's clock": {nonce.Expired, 302 * time.Second, 0, canonical.ClockSkew, 401, -300 * time.Second, ""},
		"expired within the margin":    {nonce.Expired, 300 * time.Second, 0, canonical.ClockSkew, 401, -300 * time.Second, ""},
		"presigned expired":            {nonce.Expired, 62 * time.Second, 60, canonical.PresignExpired, 401, -60 * time.Second, ""},
		"unknown cause":                {"another", -time.Minute, 0, canonical.StoreFloor, 401, -59 * time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			u := newSetup(t, claimFails(&nonce.TooOldError{Cause: c.cause, Bound: noon.Add(c.bound)}))
			s := newSigning()
			s.expires = c.expires
			answer := u.requireRefused(t, s.request(t), c.reason)
			require.Equal(t, c.status, answer.Code)
			code := map[int]string{401: "clock_skew", 503: "unavailable"}[c.status]
			require.Equal(t, code, requireProblem(t, answer, u.decision(t).RequestID).Code)
			require.Equal(t, c.retry, answer.Header().Get("Retry-After"))
			requireServerTime(t, answer.Header(), s, noon, noon.Add(c.earliest))
			require.ErrorIs(t, u.decision(t).Rejection, nonce.ErrTooOld)
		})
	}
}

// A real store with a floor refuses until the earliest time that the answer names, and no longer.
func TestEarliestIsTheFirstThatPasses(t *testing.T) {
	u := newSetup(t)
	u.clock.Advance(400 * time.Millisecond)
	replacement, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.Replacement, Clock: u.clock})
	require.NoError(t, err)
	defer func() { require.NoError(t, replacement.Close()) }()
	u.store.Store = replacement
	s := newSigning()
	answer := u.serve(s.request(t))
	require.Equal(t, 503, answer.Code)
	require.Equal(t, canonical.StoreFloor, u.decision(t).Reason)
	require.Equal(t, "301", answer.Header().Get("Retry-After"))
	earliest := noon.Add(301 * time.Second)
	requireServerTime(t, answer.Header(), s, noon, earliest)

	u.clock.Advance(301 * time.Second)
	for i, status := range []int{401, 204} {
		s := newSigning()
		s.at = earliest.Add(time.Duration(i-1) * time.Second)
		answer := u.serve(s.request(t))
		require.Equal(t, status, answer.Code)
		if status == 401 {
			requireServerTime(t, answer.Header(), s, noon.Add(301*time.Second), earliest)
		}
	}
}

func TestCancelledRequestIsRefused(t *testing.T) {
	u := newSetup(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	answer := u.serve(newSigning().request(t).WithContext(ctx))
	require.Equal(t, 503, answer.Code)
	require.ErrorIs(t, u.decision(t).Rejection, context.Canceled)
	require.Zero(t, u.upstream.Load())
}

// What a store or key source says of its trouble stays inside.
func TestCausesAreNotTold(t *testing.T) {
	cause := errors.New("dial tcp 10.1.2.3: refused")
	u := newSetup(t, claimFails(cause))
	answer := u.requireRefused(t, newSigning().request(t), canonical.StoreUnavailable)
	require.NotContains(t, answer.Body.String(), "10.1.2.3")
	require.ErrorIs(t, u.decision(t).Rejection, cause)
	require.ErrorContains(t, u.decision(t).Rejection, "store_unavailable (dial tcp 10.1.2.3: refused)")
}
