package vaultcreds_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/client/vaultcreds"
	"github.com/countersign-dev/countersign/internal/logbuffer"
	"github.com/countersign-dev/countersign/internal/vaulttest"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

var target = client.Target{Region: "live", Service: "orders"}

// secretOf makes secrets of our form, of one letter each.
func secretOf(letter byte) string {
	return canonical.FormatSecret("live", [32]byte(bytes.Repeat([]byte{letter}, 32)))
}

// stage is a key in a real Vault, a verifier that holds the secrets that a test gives it, and a
// client that reads Vault.
type stage struct {
	t        *testing.T
	keyID    string
	vault    *api.Client
	now      atomic.Pointer[time.Time]
	verifies atomic.Pointer[server.Key]
	counted  string       // Vault's address, by way of a counter
	asked    atomic.Int32 // reads of the record
	logins   atomic.Int32
	renewals atomic.Int32
	url      string
	log      logbuffer.Buffer
}

func newStage(t *testing.T, vault *vaulttest.Server, keyID string) *stage {
	s := &stage{t: t, keyID: keyID, vault: vault.Root(t)}
	s.set(time.Now())
	require.NoError(t, s.vault.KVv2("secret").DeleteMetadata(t.Context(), "countersign/keys/"+keyID)) // of a run before
	store, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	verifier, err := server.NewVerifier(s, store, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	listener := httptest.NewServer(verifier.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(w, req.Body)
	})))
	t.Cleanup(listener.Close)
	s.url = listener.URL
	address, err := url.Parse(vault.Address)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	counter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, "/"+keyID):
			s.asked.Add(1)
		case strings.HasSuffix(path, "/login"):
			s.logins.Add(1)
		case strings.HasSuffix(path, "/renew-self"):
			s.renewals.Add(1)
		}
		proxy.ServeHTTP(w, req)
	}))
	t.Cleanup(counter.Close)
	s.counted = counter.URL
	return s
}

// Key makes a stage the verifier's source.
func (s *stage) Key(_ context.Context, id string) (*server.Key, error) {
	if key := s.verifies.Load(); key != nil && key.ID == id {
		return key, nil
	}
	return nil, server.ErrUnknownKey
}

// accept lets the verifier know these secrets, newest first.
func (s *stage) accept(letters string) {
	key := &server.Key{ID: s.keyID, Environment: "live"}
	for _, letter := range []byte(letters) {
		key.Secrets = append(key.Secrets, server.KeySecret{Secret: canonical.NewSecret(secretOf(letter))})
	}
	s.verifies.Store(key)
}

func (s *stage) set(now time.Time)       { s.now.Store(&now) }
func (s *stage) advance(d time.Duration) { s.set(s.now.Load().Add(d)) }

// put writes a version with a secret.
func (s *stage) put(letter byte, more ...string) {
	s.t.Helper()
	fields := map[string]any{"secret": secretOf(letter), "environment": "live"}
	for _, field := range more {
		name, value, text := strings.Cut(field, "=")
		if fields[name] = value; !text {
			fields[name] = true
		}
	}
	s.putFields(fields)
}

func (s *stage) putFields(fields map[string]any) {
	s.t.Helper()
	_, err := s.vault.KVv2("secret").Put(s.t.Context(), "countersign/keys/"+s.keyID, fields)
	require.NoError(s.t, err)
}

func (s *stage) options() vaultcreds.Options {
	return vaultcreds.Options{
		Address: s.counted, Auth: vaultcreds.Auth{Token: s.vault.Token()},
		Refresh: 20 * time.Millisecond, Settle: time.Minute, Timeout: 5 * time.Second,
		Now: func() time.Time { return *s.now.Load() }, Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	}
}

func (s *stage) open(change func(*vaultcreds.Options)) *vaultcreds.Source {
	s.t.Helper()
	options := s.options()
	if change != nil {
		change(&options)
	}
	source, err := vaultcreds.Open(s.t.Context(), s.keyID, options)
	require.NoError(s.t, err)
	s.t.Cleanup(func() {
		assert.NoError(s.t, source.Close())
		assert.NotContains(s.t, s.log.String(), "cs_live_")
	})
	return source
}

// signsWith asserts which secret signs now.
func (s *stage) signsWith(source *vaultcreds.Source, letter byte) {
	s.t.Helper()
	credentials, err := source.Credentials(s.t.Context())
	require.NoError(s.t, err)
	assert.Equal(s.t, s.keyID, credentials.KeyID)
	assert.Equal(s.t, secretOf(letter), credentials.Secret.Reveal())
}

// comesToSign waits until a secret signs, as it does from the next reading on.
func (s *stage) comesToSign(source *vaultcreds.Source, letter byte) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		credentials, err := source.Credentials(s.t.Context())
		return err == nil && credentials.Secret.Reveal() == secretOf(letter)
	}, patience, time.Millisecond)
}

// readsAgain waits until what Vault says now has been read.
func (s *stage) readsAgain(source *vaultcreds.Source) {
	s.t.Helper()
	now := *s.now.Load()
	require.Eventually(s.t, func() bool { return !source.Status().ReadAt.Before(now) }, patience, time.Millisecond)
}

// reads waits until the source has read a version.
func (s *stage) reads(source *vaultcreds.Source, version int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return source.Status().Version == version }, patience, time.Millisecond)
}

// call sends one signed request, and returns the answer's status.
func (s *stage) call(transport http.RoundTripper) int {
	s.t.Helper()
	resp, err := (&http.Client{Transport: transport}).Post(s.url+"/v1/orders", "text/plain", strings.NewReader("tea"))
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	return resp.StatusCode
}
