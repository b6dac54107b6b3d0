package vaultkeys_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// newVerifier returns a verifier of keys from a source, region live and service orders.
func newVerifier(t testing.TB, source server.KeySource) *server.Verifier {
	t.Helper()
	nonces, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, KeyShare: 1 << 22})
	require.NoError(t, err)
	t.Cleanup(func() { _ = nonces.Close() })
	v, err := server.NewVerifier(source, nonces, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	return v
}

// signed returns a request as a server receives it, signed by the client package.
func signed(t testing.TB, id, secret string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://api.example/orders?limit=10", nil)
	require.NoError(t, err)
	signer := client.NewSigner(client.Static(id, secret), client.Target{Region: "live", Service: "orders"})
	require.NoError(t, signer.Sign(req))
	return received(req)
}

func received(req *http.Request) *http.Request {
	req.RequestURI, req.Host, req.RemoteAddr = req.URL.RequestURI(), req.URL.Host, "192.0.2.1:1234"
	return req
}

// answer returns what goes over the wire for a refusal, the request id aside.
func answer(t testing.TB, err error) string {
	t.Helper()
	var rejection *server.Rejection
	require.ErrorAs(t, err, &rejection)
	recorder := httptest.NewRecorder()
	rejection.Write(recorder)
	var text strings.Builder
	require.NoError(t, recorder.Result().Header.Write(&text))
	return strings.ReplaceAll(recorder.Result().Status+"\n"+text.String()+recorder.Body.String(), rejection.RequestID, "ID")
}
