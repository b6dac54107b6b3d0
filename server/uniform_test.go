package server_test

import (
	"net/http"
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
