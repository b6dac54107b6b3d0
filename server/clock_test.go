package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

func TestHeaderModeWindow(t *testing.T) {
	for _, c := range []struct {
		late   time.Duration // the verifier's clock less the timestamp
		reason canonical.Reason
	}{
		{300 * time.Second, ""},
		{300*time.Second + 1, canonical.ClockSkew},
		{301 * time.Second, canonical.ClockSkew},
		{299*time.Second + 999*time.Millisecond, ""},
		{999 * time.Millisecond, ""},
		{0, ""},
		{-300 * time.Second, ""},
		{-300*time.Second + 1, ""},
		{-300*time.Second - 1, canonical.ClockSkew},
		{-301 * time.Second, canonical.ClockSkew},
		{24*time.Hour + 300*time.Second, canonical.ClockSkew},
		{24*time.Hour + 301*time.Second, canonical.FarTime},
		{-24*time.Hour - 300*time.Second, canonical.ClockSkew},
		{-24*time.Hour - 301*time.Second, canonical.FarTime},
	} {
		for _, s := range []signing{newSigning(), newPost("hello")} {
			u := newSetup(t)
			u.clock.Advance(c.late)
			if c.reason == "" {
				u.requireAccepted(t, s.request(t))
				require.Equal(t, s.at, u.store.signed)
				require.Equal(t, s.at.Add(302*time.Second), u.store.expires)
				require.Equal(t, c.late, u.decision(t).Skew)
			} else {
				u.requireRefused(t, s.request(t), c.reason)
			}
		}
	}
}

func TestPresignedWindow(t *testing.T) {
	for _, c := range []struct {
		expires int
		late    time.Duration
		reason  canonical.Reason
	}{
		{60, -300 * time.Second, ""},
		{60, -300*time.Second - 1, canonical.ClockSkew},
		{60, 60 * time.Second, ""},
		{60, 60*time.Second + 1, canonical.PresignExpired},
		{1, time.Second, ""},
		{1, 1001 * time.Millisecond, canonical.PresignExpired},
		{900, 900 * time.Second, ""},
		{900, 901 * time.Second, canonical.PresignExpired},
		{900, 900*time.Second + 24*time.Hour, canonical.PresignExpired},
		{900, 901*time.Second + 24*time.Hour, canonical.FarTime},
		{901, 0, canonical.BadExpires},
	} {
		u, s := newSetup(t), newSigning()
		s.expires = c.expires
		u.clock.Advance(c.late)
		if c.reason == "" {
			u.requireAccepted(t, s.request(t))
			require.Equal(t, s.at.Add(time.Duration(c.expires+2)*time.Second), u.store.expires)
		} else {
			u.requireRefused(t, s.request(t), c.reason)
		}
	}
}

func TestPresignedCapIsThePolicys(t *testing.T) {
	u := newSetup(t, func(u *setup) { u.policy.MaxPresignExpires = 7 * 24 * time.Hour })
	s := newSigning()
	s.expires = 604800
	u.clock.Advance(604800 * time.Second)
	u.requireAccepted(t, s.request(t))
	s = newSigning()
	s.expires = 604801
	u.requireRefused(t, s.request(t), canonical.BadExpires)
}

func TestMidnight(t *testing.T) {
	midnight := time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ signed, now time.Duration }{
		{-time.Second, 0}, {-time.Second, time.Second}, {-5 * time.Minute, 0}, {0, -time.Second}, {0, 0},
		{5 * time.Minute, 0}, {4 * time.Minute, -time.Minute},
	} {
		for _, expires := range []int{0, 600} {
			u, s := newSetup(t), newSigning()
			s.at, s.expires = midnight.Add(c.signed), expires
			u.clock.Advance(midnight.Add(c.now).Sub(noon))
			u.requireAccepted(t, s.request(t))

			// The scope's date is the timestamp's, never the verifier's.
			s = newSigning()
			s.at, s.expires = midnight.Add(c.signed), expires
			s.scopeDate = map[bool]string{true: "20260315", false: "20260314"}[c.signed < 0]
			u.requireRefused(t, s.request(t), canonical.WrongScope)
		}
	}
}

// slowBody lets time pass while it is read.
type slowBody struct {
	io.Reader
	pass func()
}

func (b *slowBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.pass()
	}
	return n, err
}

func (b *slowBody) Close() error { return nil }

func TestRequestMustBeInTimeWhenItsBodyEnds(t *testing.T) {
	for _, hash := range []string{"body", ""} {
		for _, aged := range []struct {
			seconds time.Duration
			reason  canonical.Reason
		}{{10, ""}, {11, canonical.ClockSkew}} {
			t.Run(fmt.Sprintf("hash %q, %d s", hash, aged.seconds), func(t *testing.T) {
				u, s := newSetup(t), newPost("hello")
				s.hash, s.at = hash, noon.Add(-290*time.Second)
				req := s.request(t)
				req.Body = &slowBody{strings.NewReader(s.body), func() { u.clock.Advance(aged.seconds * time.Second) }}
				if aged.reason == "" {
					u.requireAccepted(t, req)
					return
				}
				answer := u.requireRefused(t, req, aged.reason)
				// The key is proved by now.
				requireServerTime(t, answer.Header(), s, noon.Add(11*time.Second), noon.Add(-289*time.Second))
			})
		}
	}
	u, s := newSetup(t), newPost("hello")
	s.expires = 5
	req := s.request(t)
	req.Body = &slowBody{strings.NewReader(s.body), func() { u.clock.Advance(6 * time.Second) }}
	u.requireRefused(t, req, canonical.PresignExpired)
}

func TestKeyMustBeGoodWhenTheBodyEnds(t *testing.T) {
	for reason, change := range map[canonical.Reason]func(*setup){
		canonical.KeyExpired:        func(u *setup) { u.key.ExpiresAt = noon.Add(5 * time.Second) },
		canonical.SignatureMismatch: func(u *setup) { u.key.Secrets[0].NotAfter = noon.Add(4 * time.Second) },
	} {
		for _, hash := range []string{"body", ""} {
			u, s := newSetup(t, change), newPost("hello")
			s.hash = hash
			req := s.request(t)
			req.Body = &slowBody{strings.NewReader(s.body), func() { u.clock.Advance(4 * time.Second) }}
			u.requireAccepted(t, req)

			u, s = newSetup(t, change), newPost("hello")
			s.hash = hash
			req = s.request(t)
			req.Body = &slowBody{strings.NewReader(s.body), func() { u.clock.Advance(5 * time.Second) }}
			answer := u.requireRefused(t, req, reason)
			require.Empty(t, answer.Header().Get("X-Countersign-Server-Time"))
		}
	}
}

// requireServerTime checks authenticated time against the oracle's.
func requireServerTime(t *testing.T, header http.Header, s signing, now, earliest time.Time) {
	t.Helper()
	const layout = "20060102T150405Z"
	token, _, _, _ := s.names()
	mac := hmacSHA256(s.signingKey(), token+"-TIME\n"+now.Format(layout)+"\n"+earliest.Format(layout)+"\n"+s.signature())
	require.Equal(t, fmt.Sprintf("t=%s, earliest=%s, mac=%x", now.Format(layout), earliest.Format(layout), mac),
		header.Get("X-Countersign-Server-Time"))
}

func TestAuthenticatedTime(t *testing.T) {
	const ms = time.Millisecond
	for _, aws := range []bool{false, true} {
		for _, c := range []struct {
			expires       int
			late          time.Duration
			now, earliest time.Duration // from noon
		}{
			{0, 301 * time.Second, 301 * time.Second, time.Second},
			{0, 301*time.Second + 500*ms, 301 * time.Second, 2 * time.Second}, // rounded up
			{0, -301 * time.Second, -301 * time.Second, -601 * time.Second},
			{0, -301*time.Second + 500*ms, -301 * time.Second, -600 * time.Second},
			{60, 61 * time.Second, 61 * time.Second, time.Second},
			{60, -400 * time.Second, -400 * time.Second, -460 * time.Second},
		} {
			u, s := newSetup(t), newSigning()
			s.aws, s.expires = aws, c.expires
			u.clock.Advance(c.late)
			reason := canonical.ClockSkew
			if c.expires != 0 && c.late > 0 {
				reason = canonical.PresignExpired
			}
			answer := u.requireRefused(t, s.request(t), reason)
			requireServerTime(t, answer.Header(), s, noon.Add(c.now), noon.Add(c.earliest))
			require.Empty(t, answer.Header().Get("Retry-After"))

			// What is signed at the earliest time is in time.
			again := newSigning()
			again.at, again.aws, again.expires = noon.Add(c.earliest), aws, c.expires
			u.requireAccepted(t, again.request(t))
		}
	}
}

// The MAC is made with the secret that signed the request, be it the newest or not.
func TestAuthenticatedTimeUsesTheRequestsSecret(t *testing.T) {
	u, s := newSetup(t, withSecrets("first-secret-of-the-key", testSecret)), newSigning()
	s.at = noon.Add(-400 * time.Second)
	answer := u.requireRefused(t, s.request(t), canonical.ClockSkew)
	requireServerTime(t, answer.Header(), s, noon, noon.Add(-300*time.Second))
	require.True(t, u.decision(t).KeyProved)
}
