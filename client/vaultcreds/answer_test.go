package vaultcreds_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/client/vaultcreds"
	"github.com/countersign-dev/countersign/internal/vaulttest"
)

// TestOnlyTheEnginesOwnAnswerStopsSigning: what a proxy answers, or a Vault without the mount, is an
// outage, and so is what is no answer at all.
func TestOnlyTheEnginesOwnAnswerStopsSigning(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_answers000000000")
	s.put('a')
	vault, err := url.Parse(s.vault.Address())
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(vault)
	var instead atomic.Pointer[http.HandlerFunc]
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if answer := instead.Load(); answer != nil && strings.HasSuffix(req.URL.Path, s.keyID) {
			(*answer)(w, req)
			return
		}
		proxy.ServeHTTP(w, req)
	}))
	defer front.Close()
	source := s.open(func(o *vaultcreds.Options) { o.Address = front.URL })
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	elsewhere := func(path string) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			req.URL.Path = path
			proxy.ServeHTTP(w, req)
		}
	}
	const version = `{"data":{"data":null,"metadata":{"version":1,"created_time":"2026-01-01T00:00:00Z","deletion_time":"","destroyed":false}}}`
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"no such mount":     {elsewhere("/v1/no-such-mount/data/a"), "no handler for route"},
		"not the engine's":  {elsewhere("/v1/sys/health"), "not that of a KV engine"},
		"empty 404":         {says(404, ""), "KV engine"},
		"404 of nothing":    {says(404, "{}"), "404"},
		"a page":            {says(404, "<html>\n<p>not found"), "KV engine"},
		"empty 200":         {says(200, ""), "KV engine"},
		"204":               {says(204, ""), "KV engine"},
		"null":              {says(200, "null"), "KV engine"},
		"no version":        {says(200, `{"data":{"metadata":{}}}`), "KV engine"},
		"KV version 1":      {says(200, `{"data":{"secret":"x"}}`), "KV engine"},
		"neither":           {says(200, version), "KV engine"},
		"404 of a version":  {says(404, version), "KV engine"},
		"errors, and 200":   {says(200, `{"errors":[]}`), "KV engine"},
		"several lines":     {says(500, `{"errors":["one\ntwo","three"]}`), "500 Internal Server Error: one two; three"},
		"a page and 502":    {says(502, "<html>\n<p>bad gateway"), "502 Bad Gateway: the answer is not Vault's"},
		"endless":           {endless(200, `{"data":{"data":{"a":"`), "longer than"},
		"endless, refusing": {endless(503, `{"errors":["`), "longer than"},
	} {
		instead.Store(&c.answer)
		require.Eventually(t, func() bool { return source.Status().Err != nil }, patience, time.Millisecond, name)
		assert.ErrorContains(t, source.Status().Err, c.says, name)
		assert.NotContains(t, source.Status().Err.Error(), "\n", name)
		s.signsWith(source, 'a')
		instead.Store(nil)
		require.Eventually(t, func() bool { return source.Status().Err == nil }, patience, time.Millisecond, name)
	}
	destroyed := says(404, strings.Replace(version, `"destroyed":false`, `"destroyed":true`, 1))
	instead.Store(&destroyed)
	require.Eventually(t, func() bool { return source.Status().Err != nil }, patience, time.Millisecond)
	_, err = source.Credentials(t.Context())
	assert.ErrorIs(t, err, client.ErrNoCredentials)
}

// endless never ends an answer by itself.
func endless(status int, begin string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, err := io.WriteString(w, begin)
		for more := strings.Repeat("x", 1<<16); err == nil; {
			_, err = io.WriteString(w, more)
		}
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_oneline000000000")
	s.put('a')
	for _, change := range []func(*vaultcreds.Options){
		func(o *vaultcreds.Options) { o.Auth.Token = "not-one" },
		func(o *vaultcreds.Options) { o.Mount = "no-such-mount" },
		func(o *vaultcreds.Options) { o.Address = "http://127.0.0.1:1" },
	} {
		options := s.options()
		change(&options)
		_, err := vaultcreds.Open(t.Context(), s.keyID, options)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "\n")
		assert.NotContains(t, err.Error(), "Error making API request")
	}
}
