package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// startVerifier serves behind a verifier that knows the worked example's key, and answers with the
// body that it got. It sets the COUNTERSIGN_… variables.
func startVerifier(t *testing.T) *httptest.Server {
	t.Helper()
	settings := exampleSettings(t)
	store, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	verifier, err := server.NewVerifier(server.NewStaticKeys(&server.Key{
		ID: settings["COUNTERSIGN_KEY_ID"], Environment: "live", Dialects: canonical.Dialects(),
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(settings["COUNTERSIGN_SECRET"])}},
	}), store, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	api := httptest.NewServer(verifier.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Seen", req.Method+" "+req.RequestURI)
		if req.URL.Path == "/teapot" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.Copy(w, req.Body)
	})))
	t.Cleanup(api.Close)
	settings["COUNTERSIGN_URL"] = api.URL
	settle(t, settings)
	return api
}
