package server_test

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// answerWithoutID returns everything that goes over the wire, the request id aside.
func answerWithoutID(t *testing.T, u *setup, req *http.Request, reason canonical.Reason) string {
	t.Helper()
	answer := u.requireRefused(t, req, reason)
	var text strings.Builder
	require.NoError(t, answer.Result().Header.Write(&text))
	return strings.ReplaceAll(text.String()+"\n"+answer.Body.String(), u.decision(t).RequestID, "ID")
}

// Whoever holds no secret learns nothing about keys: these refusals are the same bytes.
func TestInvalidSignaturesAreAnsweredAlike(t *testing.T) {
	answers := map[string][]string{}
	for _, c := range refusals {
		if c.code != "invalid_signature" {
			continue
		}
		u := newSetup(t, func(u *setup) {
			if c.setup != nil {
				c.setup(u)
			}
		})
		text := answerWithoutID(t, u, c.request(t), c.reason)
		answers[text] = append(answers[text], string(c.reason))
	}
	require.Len(t, answers, 1, "%v", answers)
	for text, reasons := range answers {
		slices.Sort(reasons)
		require.Equal(t, []string{
			"body_mismatch", "far_time", "key_dialect", "key_disabled", "key_environment", "key_expired",
			"signature_mismatch", "unknown_key", "wrong_scope",
		}, slices.Compact(reasons))
		require.NotContains(t, text, "detail")
		require.NotContains(t, text, "Server-Time")
	}
}

// The same for requests without a content hash, whose body is read before the key counts.
func TestInvalidSignaturesOverBodiesAreAnsweredAlike(t *testing.T) {
	answers := map[string]bool{}
	for reason, change := range map[canonical.Reason]func(*setup, *signing){
		canonical.UnknownKey:        func(_ *setup, s *signing) { s.keyID = "ck_live_nobody" },
		canonical.SignatureMismatch: func(_ *setup, s *signing) { s.secret += "x" },
		canonical.KeyDisabled:       func(u *setup, _ *signing) { u.key.Disabled = true },
		canonical.KeyExpired:        func(u *setup, _ *signing) { u.key.ExpiresAt = noon.Add(-time.Hour) },
		canonical.KeyEnvironment:    func(u *setup, _ *signing) { u.key.Environment = "test" },
		canonical.KeyDialect:        func(u *setup, _ *signing) { u.key.Dialects = []canonical.Dialect{canonical.AWS4} },
	} {
		u, s := newSetup(t), newPost("hello")
		s.hash = ""
		change(u, &s)
		answers[answerWithoutID(t, u, s.request(t), reason)] = true
	}
	require.Len(t, answers, 1)
}

// A clock that is wrong says nothing either, whichever key is named, until the key is proved.
func TestOutOfTimeWithoutProofIsAnsweredAlike(t *testing.T) {
	for _, c := range []struct {
		body   string
		known  canonical.Reason
		reason canonical.Reason
	}{
		{"", canonical.SignatureMismatch, canonical.UnknownKey},
		{"hello", canonical.ClockSkew, canonical.ClockSkew}, // its body is not read
	} {
		answers := map[string]bool{}
		for _, keyID := range []string{testKeyID, "ck_live_nobody"} {
			u, s := newSetup(t), newPost(c.body)
			s.hash, s.at, s.keyID, s.secret = "", noon.Add(-time.Hour), keyID, "wrong"
			req := s.request(t)
			reason := c.reason
			if keyID == testKeyID {
				reason = c.known
			}
			if c.body != "" {
				req.Body = panickingBody{}
			}
			text := answerWithoutID(t, u, req, reason)
			require.NotContains(t, text, "Server-Time")
			answers[text] = true
		}
		require.Len(t, answers, 1)
	}
}

// A key with one secret, one with four, and none at all: the same number of MACs.
func TestKnownAndUnknownKeyTakeTheSameTime(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own cost drowns the difference")
	}
	u := newSetup(t, func(u *setup) { u.policy.Observe = nil })
	forms := map[string]func(*signing){
		"get":       func(*signing) {},
		"as sent":   func(s *signing) { s.target = "/v1/x:y?b=2&a=1" },
		"body":      func(s *signing) { s.method, s.body = "POST", strings.Repeat("x", 1<<10) },
		"presigned": func(s *signing) { s.expires = 60 },
	}
	for name, change := range forms {
		known, unknown := newSigning(), newSigning()
		known.secret, unknown.keyID = "wrong", "ck_live_fedcba9876543210"
		change(&known)
		change(&unknown)
		require.Len(t, unknown.keyID, len(known.keyID))
		var apart time.Duration
		for range 3 {
			if apart = medianGap(t, u, known, unknown, 3000); apart < 10*time.Microsecond {
				break
			}
		}
		require.Less(t, apart, 10*time.Microsecond, name)
		t.Logf("%s: medians %v apart", name, apart)
	}
}

// medianGap refuses two requests in turn and returns how far apart their median times are.
func medianGap(t *testing.T, u *setup, a, b signing, runs int) time.Duration {
	raws := [2][]byte{a.raw(), b.raw()}
	var times [2][]time.Duration
	runtime.GC()
	for range runs {
		for i, raw := range raws {
			req := readRequest(t, raw)
			start := time.Now()
			_, err := u.Verify(req)
			times[i] = append(times[i], time.Since(start))
			if err == nil {
				t.Fatal("accepted")
			}
		}
	}
	for i := range times {
		slices.Sort(times[i])
	}
	return (times[0][runs/2] - times[1][runs/2]).Abs()
}
