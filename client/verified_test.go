package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// startAPI serves an API behind the real verifier.
func startAPI(t *testing.T) string {
	store, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	keys := server.NewStaticKeys(&server.Key{
		ID: keyID, Environment: "live", Dialects: canonical.Dialects(),
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(secret)}},
	})
	verifier, err := server.NewVerifier(keys, store, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	api := httptest.NewServer(verifier.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(w, req.Body)
	})))
	t.Cleanup(api.Close)
	return api.URL
}

func call(t *testing.T, httpClient *http.Client, req *http.Request) (int, string) {
	t.Helper()
	resp, err := httpClient.Do(req)
	require.NoError(t, err)
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, string(content)
}

func TestTheVerifierAcceptsWhatTheSignerSignsOnce(t *testing.T) {
	url := startAPI(t) + "/v1/x:y/a%20b?b=2&a=%20+"
	target := client.Target{Region: "live", Service: "orders"}
	for _, dialect := range canonical.Dialects() {
		for _, ahead := range []time.Duration{0, time.Hour, -time.Hour} {
			clock := func() time.Time { return time.Now().Add(ahead) }
			signer := client.NewSigner(client.Static(keyID, secret), target, client.WithDialect(dialect), client.WithClock(clock))
			httpClient := &http.Client{Transport: signer.Transport(nil)}
			request := func() *http.Request {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, io.MultiReader(strings.NewReader("hello")))
				require.NoError(t, err)
				req.Header.Set("Content-Type", "text/plain")
				return req
			}
			for range 2 {
				status, body := call(t, httpClient, request())
				assert.Equal(t, http.StatusOK, status, body)
				assert.Equal(t, "hello", body)
			}

			// The Signer has learned the verifier's clock.
			req := request()
			require.NoError(t, signer.Sign(req))
			status, body := call(t, http.DefaultClient, req)
			assert.Equal(t, http.StatusOK, status, body)
			req.Body, _ = req.GetBody()
			status, body = call(t, http.DefaultClient, req)
			assert.Equal(t, http.StatusUnauthorized, status)
			assert.Contains(t, body, canonical.CodeReplayed)

			presigned, err := signer.Presign(request(), time.Minute)
			require.NoError(t, err)
			for _, expected := range []int{http.StatusOK, http.StatusUnauthorized} {
				req := request()
				req.URL = presigned
				status, body := call(t, http.DefaultClient, req)
				assert.Equal(t, expected, status, body)
			}
		}
	}
}
