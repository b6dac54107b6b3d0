package vaultkeys_test

import (
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// proxy stands before Vault, counts what is asked, and answers in its place on demand.
type proxy struct {
	*httptest.Server
	mu      sync.Mutex
	asked   map[string]int  // by kind: list, metadata, data, login, token
	headers http.Header     // of the last request
	seen    map[string]bool // the paths of all
	answer  http.HandlerFunc
}

func newProxy(t testing.TB, f *fixture) *proxy {
	t.Helper()
	vault, err := url.Parse(f.vault.Address)
	require.NoError(t, err)
	p := &proxy{asked: make(map[string]int), seen: make(map[string]bool)}
	pass := httputil.NewSingleHostReverseProxy(vault)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		p.mu.Lock()
		p.asked[kind(req)]++
		p.headers = req.Header
		p.seen[req.URL.Path] = true
		answer := p.answer
		p.mu.Unlock()
		if answer == nil {
			answer = pass.ServeHTTP
		}
		answer(w, req)
	}))
	pass.ErrorLog, p.Config.ErrorLog = log.New(io.Discard, "", 0), log.New(io.Discard, "", 0)
	t.Cleanup(p.Close)
	return p
}

func kind(req *http.Request) string {
	switch path := req.URL.Path; {
	case req.URL.Query().Get("list") != "":
		return "list"
	case strings.Contains(path, "/metadata/"):
		return "metadata"
	case strings.Contains(path, "/data/"):
		return "data"
	case strings.HasSuffix(path, "/login"):
		return "login"
	}
	return "token"
}

// intercept answers every request in Vault's place; nil ends it.
func (p *proxy) intercept(answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *proxy) count(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[kind]
}

// paths returns the paths that were asked for, sorted.
func (p *proxy) paths() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.seen))
}

func (p *proxy) header(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.headers.Get(name)
}

func (p *proxy) use(o *vaultkeys.Options) { o.Address = p.URL }

// hang never answers, until the client gives up.
func hang(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }

func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// interceptPath asks answer, before Vault, for one path; it tells whether it has answered.
func (p *proxy) interceptPath(path string, answer func(http.ResponseWriter, *http.Request) bool) {
	pass := p.Config.Handler
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != path || !answer(w, req) {
			pass.ServeHTTP(w, req)
		}
	})
}
