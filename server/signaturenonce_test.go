package server_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// newLegacy returns a GET of an AWS4 signer that knows no nonce.
func newLegacy() signing {
	s := newSigning()
	s.aws, s.nonce = true, ""
	return s
}

func TestSignatureTakesTheNoncesPlace(t *testing.T) {
	for name, change := range map[string]func(*signing){
		"header mode": func(*signing) {},
		"presigned":   func(s *signing) { s.expires = 600 },
		"as sent":     func(s *signing) { s.target, s.form = "/v1/orders?b=1&a=2", "as-sent" },
		"hashed body": func(s *signing) { s.method, s.body, s.hash = "POST", "hello", "body" },
		"body":        func(s *signing) { s.method, s.body = "POST", "hello" },
	} {
		t.Run(name, func(t *testing.T) {
			u := newSetup(t, signatureNonce)
			s := newLegacy()
			change(&s)
			u.requireAccepted(t, s.request(t))
			require.ErrorIs(t, u.store.Peek(t.Context(), nonce.NewID(testKeyID, s.signature())), nonce.ErrReplayed)
			u.requireReplayed(t, s.request(t))

			// The same request, signed a second later, is another one.
			u.clock.Advance(time.Second)
			s.at = s.at.Add(time.Second)
			u.requireAccepted(t, s.request(t))
		})
	}
}

// TestSpellingsOfOneSignatureAreOneClaim: what the signature does not bind must not open a second use.
func TestSpellingsOfOneSignatureAreOneClaim(t *testing.T) {
	u := newSetup(t, signatureNonce)
	s := newLegacy()
	s.target = "/v1/orders?after=x%20y&limit=10"
	u.requireAccepted(t, s.request(t))
	for old, new := range map[string]string{
		"after=x%20y&limit=10": "limit=10&after=x+y",
		"x%20y":                "%78%20y",
		"SignedHeaders=":       "SignedHeaders=", // as it was
		", Signature":          ",Signature",
		"Host: ":               "Cookie: a=b\r\nHost: ",
	} {
		u.requireReplayed(t, s.edit(t, old, new))
	}
}

// TestPermissionWithdrawnWhileTheBodyIsRead: the record counts as it is when the request is judged.
func TestPermissionWithdrawnWhileTheBodyIsRead(t *testing.T) {
	u := newSetup(t, signatureNonce, func(u *setup) {
		asked := 0
		withdrawn := *u.key
		withdrawn.SignatureNonce = false
		keys := []*server.Key{u.key, &withdrawn}
		u.keys = keySourceFunc(func(_ context.Context, _ string) (*server.Key, error) {
			asked++
			return keys[min(asked, 2)-1], nil
		})
	})
	s := newLegacy()
	s.method, s.body = "POST", "hello"
	u.requireRefused(t, s.request(t), canonical.MissingHeader)
}

// TestMissingNonceIsNamedToWhoProvedTheKeyAlone: the fix is told, but not to strangers.
func TestMissingNonceIsNamedToWhoProvedTheKeyAlone(t *testing.T) {
	u := newSetup(t)
	answer := u.requireRefused(t, newLegacy().request(t), canonical.MissingHeader)
	require.Contains(t, requireProblem(t, answer, u.decision(t).RequestID).Detail, "X-Amz-Nonce")
	forged := newLegacy()
	forged.secret += "x"
	answer = u.requireRefused(t, forged.request(t), canonical.SignatureMismatch)
	require.Empty(t, requireProblem(t, answer, u.decision(t).RequestID).Detail)
}

// requireReplayed sends a request and expects that it counts as one that was accepted before.
func (u *setup) requireReplayed(t testing.TB, req *http.Request) {
	t.Helper()
	upstream, granted := u.upstream.Load(), u.store.granted.Load()
	answer := u.serve(req)
	require.Equal(t, canonical.Replayed, u.decision(t).Reason)
	require.Equal(t, http.StatusUnauthorized, answer.Code)
	require.Equal(t, upstream, u.upstream.Load(), "the application was called")
	require.Equal(t, granted, u.store.granted.Load(), "a nonce was claimed")
}
