package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// add appends to the configuration.
func (d *deployment) add(t *testing.T, lines string) {
	t.Helper()
	text, err := os.ReadFile(d.config)
	require.NoError(t, err)
	d.write(t, string(text)+lines)
}

func TestServiceStandsBeforeAnUpstreamAndAnswersProxies(t *testing.T) {
	var hits atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		hits.Add(1)
		body, err := io.ReadAll(req.Body)
		fmt.Fprint(w, req.RequestURI, " ", req.Header.Get("X-Countersign-Key-Id"), " ", len(body), " ", err)
	}))
	defer api.Close()
	d := newDeployment(t, "new")
	d.add(t, "routes: [{match: /}, {match: 'PUT /files/{id}', body: stream}]\nupstream: {address: '"+api.URL+"', timeout: 5s}\nforward_auth: {trusted_proxies: [127.0.0.1/32]}\n")
	d.start(t)
	send := func(method, target, body string, change func(*http.Request)) (int, string) {
		req, err := http.NewRequest(method, "http://"+d.listen+target, strings.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, d.signer.Sign(req))
		change(req)
		answer, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	asIs := func(*http.Request) {}
	status, text := send("GET", "/a%2Bb?c=%64", "", asIs)
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, "/a%2Bb?c=%64 "+d.credentials.KeyID+" 0 <nil>", text)
	// Beyond max_body, but on a route that streams.
	status, text = send("PUT", "/files/7", strings.Repeat("x", 100<<10), asIs)
	require.Equal(t, http.StatusOK, status, text)
	require.Contains(t, text, " 102400 <nil>")
	status, _ = send("PUT", "/file", strings.Repeat("x", 100<<10), asIs)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	before := hits.Load()
	status, _ = send("GET", "/a", "", func(req *http.Request) { req.URL.Path = "/b" })
	require.Equal(t, http.StatusUnauthorized, status)

	question := func(target string) func(*http.Request) {
		return func(req *http.Request) {
			req.Header.Set("X-Forwarded-Method", req.Method)
			req.Header.Set("X-Forwarded-Host", req.URL.Host)
			req.Header.Set("X-Forwarded-Uri", req.URL.RequestURI())
			req.URL.Path, req.URL.RawPath, req.URL.RawQuery = target, "", ""
		}
	}
	status, text = send("DELETE", "/orders/7", "", question("/authz"))
	require.Equal(t, http.StatusOK, status, text)
	status, _ = send("DELETE", "/orders/7", "", question("/authz/"))
	require.Equal(t, http.StatusUnauthorized, status, "another path is no question")
	assert.Equal(t, before, hits.Load())
}

func TestServiceAnswersNoProxyItDoesNotTrust(t *testing.T) {
	d := newDeployment(t, "new")
	d.add(t, "forward_auth: {}\n")
	s := d.start(t)
	status, _ := d.get(t, d.listen, "/authz")
	assert.Equal(t, http.StatusForbidden, status)
	status, _ = d.get(t, d.listen, "/whoami")
	assert.Equal(t, http.StatusUnauthorized, status)
	s.Stop()
	assert.Contains(t, s.Log(), "forward_auth.trusted_proxies")
}
