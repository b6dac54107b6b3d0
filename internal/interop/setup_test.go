// Package interop sends requests that other people's signers made, unmodified, to a verifier.
package interop

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

const (
	region  = "test"
	service = "interop"

	keyID  = "ck_test_awssigner0000000"
	secret = "an imported secret of more than 32 bytes"

	legacyKeyID   = "ck_test_legacysigner0000" // its signatures count as nonces
	legacySecret  = "another imported secret of more than 32 bytes"
	contentKeyID  = "ck_test_contentsigner000" // asks for a signed Content-Type
	contentSecret = "a third imported secret of more than 32 bytes"
)

// api is a running verifier and an application behind it, which note what they decide and see.
type api struct {
	url string

	mu        sync.Mutex
	decisions map[string]server.Decision // by request id
	delivered map[string]delivery        // what the application saw, by request id
	claims    map[nonce.ID]bool
}

// delivery is a request as the application saw it.
type delivery struct {
	method, target string
	header         http.Header
	body           []byte
}

// start runs a verifier of these keys on real time, with policy's other fields as given.
func start(t *testing.T, policy server.Policy) *api {
	t.Helper()
	a := &api{decisions: map[string]server.Decision{}, delivered: map[string]delivery{}, claims: map[nonce.ID]bool{}}
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, memory.Close()) })
	aws4Alone := []canonical.Dialect{canonical.AWS4}
	keys := server.NewStaticKeys(
		&server.Key{ID: keyID, Environment: region, Dialects: canonical.Dialects(), Secrets: keySecret(secret)},
		&server.Key{ID: legacyKeyID, Environment: region, Dialects: aws4Alone, SignatureNonce: true, Secrets: keySecret(legacySecret)},
		&server.Key{ID: contentKeyID, Environment: region, Dialects: aws4Alone, SignContent: true, Secrets: keySecret(contentSecret)},
	)
	policy.Region, policy.Service, policy.Observe = region, service, a.observe
	verifier, err := server.NewVerifier(keys, &store{Memory: memory, api: a}, policy)
	require.NoError(t, err)
	running := httptest.NewServer(verifier.Handler(http.HandlerFunc(a.serve)))
	t.Cleanup(running.Close)
	a.url = running.URL
	return a
}

func keySecret(text string) []server.KeySecret {
	return []server.KeySecret{{Secret: canonical.NewSecret(text)}}
}

func (a *api) observe(_ context.Context, d server.Decision) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.decisions[d.RequestID] = d
}

// serve is the application: it answers every verified request with its target.
func (a *api) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	id, known := server.IdentityFrom(req.Context())
	if err != nil || !known {
		http.Error(w, "the verifier let something through that it did not verify", http.StatusInternalServerError)
		return
	}
	a.mu.Lock()
	a.delivered[id.RequestID] = delivery{req.Method, req.RequestURI, req.Header.Clone(), body}
	a.mu.Unlock()
	_, _ = w.Write([]byte(req.RequestURI))
}

// counts returns how many requests were delivered, and how many nonces claimed.
func (a *api) counts() (delivered, claimed int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.delivered), len(a.claims)
}

// claimed reports whether a nonce of keyID has been claimed.
func (a *api) claimed(n string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.claims[nonce.NewID(keyID, n)]
}

// seen returns what was decided of a request, and what the application saw of it.
func (a *api) seen(requestID string) (decision server.Decision, decided bool, d delivery, wasDelivered bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	decision, decided = a.decisions[requestID]
	d, wasDelivered = a.delivered[requestID]
	return decision, decided, d, wasDelivered
}

// store notes the claims that it grants.
type store struct {
	*nonce.Memory
	api *api
}

func (s *store) Claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error {
	err := s.Memory.Claim(ctx, id, signed, expires)
	if err == nil {
		s.api.mu.Lock()
		s.api.claims[id] = true
		s.api.mu.Unlock()
	}
	return err
}
