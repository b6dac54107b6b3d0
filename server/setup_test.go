package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// clock moves only when told to.
type clock struct {
	mu    sync.Mutex
	wall  time.Time
	since time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall
}

func (c *clock) SinceBoot() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall, c.since = c.wall.Add(d), c.since+d
}

// recordingStore counts what reaches a store, and fails on demand.
type recordingStore struct {
	nonce.Store
	claims  atomic.Int64 // calls of Claim
	granted atomic.Int64 // those that were answered nil
	err     error        // what Claim answers in place of the store, if not nil
	peekErr error
	before  func() // called before a claim
	peeking func() // called before a peek

	mu      sync.Mutex
	signed  time.Time // of the last claim
	expires time.Time
}

func (s *recordingStore) Claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error {
	s.claims.Add(1)
	s.mu.Lock()
	s.signed, s.expires = signed, expires
	s.mu.Unlock()
	if s.before != nil {
		s.before()
	}
	if s.err != nil {
		return s.err
	}
	err := s.Store.Claim(ctx, id, signed, expires)
	if err == nil {
		s.granted.Add(1)
	}
	return err
}

func (s *recordingStore) Peek(ctx context.Context, id nonce.ID) error {
	if s.peeking != nil {
		s.peeking()
	}
	if s.peekErr != nil {
		return s.peekErr
	}
	return s.Store.(nonce.Peeker).Peek(ctx, id)
}

// setup is a verifier and everything that a test looks at.
type setup struct {
	*server.Verifier
	clock    *clock
	store    *recordingStore
	nonces   nonce.Store // what the verifier is given: store, unless a change says otherwise
	key      *server.Key
	keys     server.KeySource
	policy   server.Policy
	upstream atomic.Int64 // requests that reached the application
	seen     *http.Request

	mu        sync.Mutex
	decisions []server.Decision
}

// newSetup returns a verifier at noon with one key, after the changes.
func newSetup(t testing.TB, changes ...func(*setup)) *setup {
	t.Helper()
	u := &setup{clock: &clock{wall: noon}, key: newKey()}
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, Clock: u.clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = memory.Close() })
	u.store = &recordingStore{Store: memory}
	u.nonces = u.store
	u.keys = server.NewStaticKeys(u.key)
	u.policy = server.Policy{
		Region: "live", Service: "orders", Now: u.clock.Now,
		Observe: func(_ context.Context, d server.Decision) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.decisions = append(u.decisions, d)
		},
	}
	for _, change := range changes {
		change(u)
	}
	u.Verifier, err = server.NewVerifier(u.keys, u.nonces, u.policy)
	require.NoError(t, err)
	return u
}

func newKey() *server.Key {
	return &server.Key{
		ID: testKeyID, Environment: "live", Scopes: []string{"orders:read"},
		Secrets:  []server.KeySecret{{Secret: canonical.NewSecret(testSecret)}},
		Dialects: []canonical.Dialect{canonical.CS4, canonical.AWS4},
	}
}

// serve sends a request through the middleware to an application that answers 204.
func (u *setup) serve(req *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	u.Handler(u.application()).ServeHTTP(recorder, req)
	return recorder
}

func (u *setup) application() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		u.upstream.Add(1)
		u.mu.Lock()
		u.seen = req
		u.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	})
}

// decision returns the last one.
func (u *setup) decision(t testing.TB) server.Decision {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	require.NotEmpty(t, u.decisions)
	return u.decisions[len(u.decisions)-1]
}

// requireAccepted sends a request and expects the application to answer it.
func (u *setup) requireAccepted(t testing.TB, req *http.Request) {
	t.Helper()
	before := u.upstream.Load()
	answer := u.serve(req)
	require.Equal(t, http.StatusNoContent, answer.Code, "%s %s", answer.Body, u.decision(t).Reason)
	require.Equal(t, before+1, u.upstream.Load())
	require.Empty(t, u.decision(t).Reason)
}

// requireRefused sends a request and expects it to be refused for a reason, with the answer that
// the closed list prescribes and nothing claimed.
func (u *setup) requireRefused(t testing.TB, req *http.Request, reason canonical.Reason) *httptest.ResponseRecorder {
	t.Helper()
	upstream, granted, claims := u.upstream.Load(), u.store.granted.Load(), u.store.claims.Load()
	answer := u.serve(req)
	decision := u.decision(t)
	require.Equal(t, reason, decision.Reason, "%v", decision.Rejection)
	require.Equal(t, upstream, u.upstream.Load(), "the application was called")
	require.Equal(t, granted, u.store.granted.Load(), "a nonce was claimed")
	if u.store.err == nil {
		require.Equal(t, claims, u.store.claims.Load(), "the store was asked")
	}
	require.Equal(t, decision.Status, answer.Code)
	requireProblem(t, answer, decision.RequestID)
	return answer
}

// problem is the body of a refusal.
type problem struct {
	Type, Title, Code, Detail string
	Status                    int
	RequestID                 string `json:"request_id"`
}

// requireProblem checks what every refusal has in common.
func requireProblem(t testing.TB, answer *httptest.ResponseRecorder, requestID string) problem {
	t.Helper()
	var body problem
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &body), answer.Body)
	require.Equal(t, "about:blank", body.Type)
	require.Equal(t, answer.Code, body.Status)
	require.Equal(t, http.StatusText(answer.Code), body.Title)
	require.Equal(t, requestID, body.RequestID)
	require.Len(t, requestID, 36)
	header := answer.Header()
	require.Equal(t, "application/problem+json", header.Get("Content-Type"))
	require.Equal(t, "no-store", header.Get("Cache-Control"))
	require.Equal(t, requestID, header.Get("X-Request-Id"))
	if answer.Code == http.StatusUnauthorized {
		require.Equal(t, `CS4-HMAC-SHA256 realm="orders"`, header.Get("WWW-Authenticate"))
	} else {
		require.Empty(t, header.Get("WWW-Authenticate"))
	}
	return body
}
