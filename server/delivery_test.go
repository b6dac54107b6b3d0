package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

func TestApplicationReadsTheVerifiedBody(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 5000) // longer than the first read
	for _, chunked := range []bool{false, true} {
		for _, hash := range []string{"body", "", "UNSIGNED-PAYLOAD"} {
			u, s := newSetup(t, func(u *setup) { u.key.UnsignedPayload = true }), newPost(body)
			s.hash, s.chunked = hash, chunked
			if hash == "UNSIGNED-PAYLOAD" {
				s.body = "" // not signed
				s.nonce += "-unsigned"
				raw := s.lines()
				s.body = body
				u.requireAccepted(t, readRequest(t, s.rawWith(raw)))
			} else {
				u.requireAccepted(t, s.request(t))
			}
			require.EqualValues(t, len(body), u.seen.ContentLength)
			require.Empty(t, u.seen.TransferEncoding)
			require.Empty(t, u.seen.Trailer)
			got, err := io.ReadAll(u.seen.Body)
			require.NoError(t, err)
			require.Equal(t, body, string(got))
			again, err := io.ReadAll(u.seen.Body)
			require.NoError(t, err)
			require.Empty(t, again)
			require.NoError(t, u.seen.Body.Close())
		}
	}
}

func TestBodiesOfDifferentRequestsDoNotMix(t *testing.T) {
	u := newSetup(t)
	var seen []*http.Request
	for _, body := range []string{"first body", "second one", "third"} {
		u.requireAccepted(t, newPost(body).request(t))
		seen = append(seen, u.seen)
	}
	for i, body := range []string{"first body", "second one", "third"} {
		got, err := io.ReadAll(seen[i].Body)
		require.NoError(t, err)
		require.Equal(t, body, string(got))
	}
}

func TestApplicationReadsCanonicalHeaders(t *testing.T) {
	u, s := newSetup(t), newSigning()
	s.headers = []string{
		"X-Tenant:   a   b\t ", "X-Role: reader", "X-Role:  writer ", "Cookie: a=1",
		"X-Loose:   as   sent ", "X-Twice: one", "X-Twice: two",
	}
	s.unsigned = []string{"x-loose", "x-twice"}
	u.requireAccepted(t, s.request(t))
	header := u.seen.Header
	require.Equal(t, []string{"a b"}, header["X-Tenant"])
	require.Equal(t, []string{"reader,writer"}, header["X-Role"])
	require.Equal(t, []string{"as   sent"}, header["X-Loose"], "net/http trims, nobody else touches it")
	require.Equal(t, []string{"one", "two"}, header["X-Twice"])
	require.NotContains(t, header, "Host")

	id, ok := server.IdentityFrom(u.seen.Context())
	require.True(t, ok)
	for name, signed := range map[string]bool{
		"X-Tenant": true, "x-role": true, "Cookie": true, "HOST": true, "X-Countersign-Nonce": true,
		"X-Loose": false, "x-twice": false, "": false, "x": false, "Authorization": false,
	} {
		require.Equal(t, signed, id.Signed(name), name)
	}
}

func TestApplicationGetsTheIdentity(t *testing.T) {
	u := newSetup(t, func(u *setup) { u.key.RateTier = "gold" })
	for _, c := range []struct {
		change  func(*signing)
		dialect canonical.Dialect
		mode    canonical.Mode
		headers string
	}{
		{asIs, canonical.CS4, canonical.HeaderMode, "host;x-countersign-date;x-countersign-nonce"},
		{func(s *signing) { s.aws = true }, canonical.AWS4, canonical.HeaderMode, "host;x-amz-date;x-amz-nonce"},
		{func(s *signing) { s.expires, s.headers = 60, []string{"X-Tenant: 7"} }, canonical.CS4, canonical.PresignedMode, "host;x-tenant"},
	} {
		s := newSigning()
		c.change(&s)
		req := s.request(t)
		req.Header.Set("X-Request-Id", "chosen-by-the-client")
		answer := u.serve(req)
		require.Equal(t, 204, answer.Code)
		id, ok := server.IdentityFrom(u.seen.Context())
		require.True(t, ok)
		decision := u.decision(t)
		require.Equal(t, &server.Identity{
			KeyID: testKeyID, Environment: "live", Scopes: []string{"orders:read"}, Dialect: c.dialect, Mode: c.mode,
			SignedAt: noon, RequestID: decision.RequestID, RateTier: "gold", SignedHeaders: c.headers, BodySHA256: sha256Hex(""),
		}, id)
		require.True(t, id.HasScope("orders:read"))
		require.False(t, id.HasScope("orders:write"))
		require.Equal(t, id.RequestID, answer.Header().Get("X-Request-Id"))
		require.Len(t, id.RequestID, 36)
	}
}

func TestNoIdentityHasNothing(t *testing.T) {
	var id *server.Identity
	require.False(t, id.HasScope("") || id.Signed("host"))
	_, ok := server.IdentityFrom(context.Background())
	require.False(t, ok)
	_, ok = server.IdentityFrom(server.NewContext(context.Background(), nil))
	require.False(t, ok)
	require.NotNil(t, server.CheckScope(nil, "orders:read"))
}

// What one request was told must not change under the next one, which uses the same buffers.
func TestIdentityAndDecisionOwnTheirMemory(t *testing.T) {
	u := newSetup(t)
	s := newSigning()
	s.expires = 60 // its SignedHeaders are decoded
	s.headers = []string{"X-Tenant: 7"}
	id, err := u.Verify(s.request(t))
	require.NoError(t, err)
	identity, decision := *id, u.decision(t)
	keyID, headers, path := strings.Clone(id.KeyID), strings.Clone(id.SignedHeaders), strings.Clone(decision.Path)
	for range 100 {
		other := newPost(strings.Repeat("#", 3000))
		other.target, other.headers = "/"+strings.Repeat("Z", 500), []string{"X-Zzzzzz: " + strings.Repeat("Z", 500)}
		_, err := u.Verify(other.request(t))
		require.NoError(t, err)
	}
	require.Equal(t, keyID, identity.KeyID)
	require.Equal(t, headers, identity.SignedHeaders)
	require.Equal(t, "host;x-tenant", identity.SignedHeaders)
	require.Equal(t, path, decision.Path)
	require.Equal(t, "/v1/orders", decision.Path)
}

func TestVerifyTwiceIsAReplay(t *testing.T) {
	u := newSetup(t)
	req := newPost("hello").request(t)
	_, err := u.Verify(req)
	require.NoError(t, err)
	id, err := u.Verify(req)
	require.Nil(t, id)
	require.ErrorContains(t, err, "replayed")
}

// A panic of the observer lets nothing through, and does no harm to the next request.
func TestObserverThatPanics(t *testing.T) {
	panics := true
	u := newSetup(t, func(u *setup) {
		u.policy.Observe = func(context.Context, server.Decision) {
			if panics {
				panic("observer")
			}
		}
	})
	require.Panics(t, func() { u.serve(newSigning().request(t)) })
	require.Panics(t, func() { u.serve(newSigning().edit(t, "limit", "limits")) })
	require.Zero(t, u.upstream.Load())
	panics = false
	require.Equal(t, 204, u.serve(newPost("hello").request(t)).Code)
}

func TestDecisionSaysNothingSecret(t *testing.T) {
	u := newSetup(t)
	s := newPost("body-of-the-request")
	s.target = "/v1/orders?token=query-value"
	u.requireAccepted(t, s.request(t))
	decision := u.decision(t)
	require.Equal(t, "/v1/orders", decision.Path)
	require.Equal(t, "192.0.2.7:4711", decision.Remote)
	require.Equal(t, "POST", decision.Method)
	require.Zero(t, decision.Status)
	require.True(t, decision.KeyProved)

	s = newPost("body-of-the-request")
	s.target, s.secret = "/"+strings.Repeat("long", 1000)+"?token=query-value", "wrong"
	u.requireRefused(t, s.request(t), canonical.SignatureMismatch)
	decision = u.decision(t)
	require.Len(t, decision.Path, 1<<10)
	require.False(t, decision.KeyProved)
	require.Equal(t, testKeyID, decision.KeyID)
	require.NotContains(t, decision.Rejection.Error(), "query-value")
}

// Through a real server: the request goes on as verified, and only once.
func TestHandlerBehindNetHTTP(t *testing.T) {
	u := newSetup(t)
	server := httptest.NewServer(u.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(w, req.Body)
	})))
	defer server.Close()
	s := newPost(`{"item":"pencil"}`)
	for _, status := range []int{200, 401} {
		req, err := s.outgoing(server.URL, s.lines())
		require.NoError(t, err)
		answer, err := server.Client().Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, status, answer.StatusCode)
		if status == 200 {
			require.Equal(t, s.body, string(body))
		} else {
			require.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))
			require.Contains(t, string(body), `"code":"replayed_request"`)
		}
	}
}
