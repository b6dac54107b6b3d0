package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/service/gateway"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"

	"github.com/countersign-dev/countersign/canonical"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// ask puts the question of a proxy at 127.0.0.1 about a request, after the changes.
func ask(f *gateway.ForwardAuth, req *http.Request, changes ...func(*http.Request)) *httptest.ResponseRecorder {
	question := httptest.NewRequest("GET", "/authz", nil)
	question.RemoteAddr, question.Host = "127.0.0.1:4711", "verifier.internal"
	question.Header = req.Header.Clone()
	question.Header.Set("X-Forwarded-Method", req.Method)
	question.Header.Set("X-Forwarded-Host", req.URL.Host)
	question.Header.Set("X-Forwarded-Uri", req.URL.RequestURI())
	question.Header.Set("X-Forwarded-For", "192.0.2.7")
	for _, change := range changes {
		change(question)
	}
	answer := httptest.NewRecorder()
	f.ServeHTTP(answer, question)
	return answer
}

func TestForwardAuthSaysWhoSigned(t *testing.T) {
	f := gateway.NewForwardAuth(newVerifier(t), loopback, "", new(logs).logger())
	req := newRequest(t, "PUT", "/orders/%61?b=%63&a", "tea")
	answer := ask(f, req)
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	header := answer.Header()
	assert.Equal(t, []string{"ck_live_gateway"}, header["X-Countersign-Key-Id"])
	assert.Equal(t, []string{"orders:read orders:write"}, header["X-Countersign-Scopes"])
	assert.Equal(t, []string{"live"}, header["X-Countersign-Environment"])
	assert.NotEmpty(t, header.Get("X-Countersign-Request-Id"))
	assert.Equal(t, req.Header["X-Countersign-Content-Sha256"], header["X-Countersign-Body-Sha256"])
	assert.Equal(t, "no-store", header.Get("Cache-Control"))
	assert.Empty(t, answer.Body.String())

	assert.Equal(t, http.StatusUnauthorized, ask(f, req).Code, "a replay")

	bodyless := newRequest(t, "GET", "/", "")
	answer = ask(f, bodyless)
	assert.Equal(t, []string{canonical.HashEmptyPayload}, answer.Header()["X-Countersign-Body-Sha256"])
}

func TestForwardAuthNamesNoScopesByADash(t *testing.T) {
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { _ = memory.Close() })
	v, err := server.NewVerifier(server.NewStaticKeys(&server.Key{ID: "ck_live_gateway", Environment: "live",
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(testSecret)}}, Dialects: []canonical.Dialect{canonical.CS4}}),
		memory, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	answer := ask(gateway.NewForwardAuth(v, loopback, "", new(logs).logger()), newRequest(t, "GET", "/", ""))
	assert.Equal(t, []string{"-"}, answer.Header()["X-Countersign-Scopes"])
}

// accepted reports whether an answer lets a request through, and fails the test if it names anybody
// without doing so.
func accepted(t *testing.T, answer *httptest.ResponseRecorder) bool {
	t.Helper()
	if answer.Code != http.StatusOK {
		for name := range answer.Header() {
			assert.False(t, strings.HasPrefix(name, "X-Countersign-") && name != canonical.ServerTimeHeader, name)
		}
	}
	return answer.Code == http.StatusOK
}

func TestForwardAuthBelievesTrustedProxiesAlone(t *testing.T) {
	for name, c := range map[string]struct {
		networks []netip.Prefix
		peer     string
		trusted  bool
	}{
		"trusted":                {loopback, "127.0.0.1:1", true},
		"trusted, mapped":        {loopback, "[::ffff:127.0.0.1]:1", true},
		"trusted, with a zone":   {[]netip.Prefix{netip.MustParsePrefix("fe80::/10")}, "[fe80::1%eth0]:1", true},
		"nobody is":              {nil, "127.0.0.1:1", false},
		"another":                {loopback, "127.0.0.2:1", false},
		"another family":         {loopback, "[::1]:1", false},
		"no address":             {loopback, "@", false},
		"a unix socket's peer":   {loopback, "", false},
		"everyone, but no place": {[]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, "pipe", false},
	} {
		log := new(logs)
		f := gateway.NewForwardAuth(newVerifier(t), c.networks, "", log.logger())
		req := newRequest(t, "GET", "/orders", "")
		answer := ask(f, req, func(question *http.Request) { question.RemoteAddr = c.peer })
		assert.Equal(t, c.trusted, accepted(t, answer), name)
		if !c.trusted {
			assert.Equal(t, http.StatusForbidden, answer.Code)
			assert.Contains(t, log.String(), "forward_auth.trusted_proxies", name)
			for range 100 {
				ask(f, req, func(question *http.Request) { question.RemoteAddr = c.peer })
			}
			assert.Less(t, strings.Count(log.String(), "\n"), 10, "strangers must not fill the log")
			f.TrustedProxies = loopback
			assert.True(t, accepted(t, ask(f, req)), "nothing was claimed")
		}
	}
}

func TestForwardAuthRefusesHalfAQuestion(t *testing.T) {
	for _, name := range []string{"X-Forwarded-Method", "X-Forwarded-Host", "X-Forwarded-Uri"} {
		for kind, change := range map[string]func(http.Header){
			"missing":      func(h http.Header) { delete(h, name) },
			"empty":        func(h http.Header) { h[name] = []string{""} },
			"twice":        func(h http.Header) { h[name] = append(h[name], h[name][0]) },
			"other, twice": func(h http.Header) { h[name] = append([]string{"/"}, h[name]...) },
		} {
			log := new(logs)
			f := gateway.NewForwardAuth(newVerifier(t), loopback, "", log.logger())
			req := newRequest(t, "GET", "/orders", "")
			answer := ask(f, req, func(question *http.Request) { change(question.Header) })
			assert.False(t, accepted(t, answer))
			assert.Equal(t, http.StatusForbidden, answer.Code, "%s %s", name, kind)
			assert.Contains(t, log.String(), name)
			assert.True(t, accepted(t, ask(f, req)), "nothing was claimed")
		}
	}
	f := gateway.NewForwardAuth(newVerifier(t), loopback, "", new(logs).logger())
	answer := ask(f, newRequest(t, "GET", "/", ""), func(question *http.Request) {
		question.Header["X-Forwarded-Content-Length"] = []string{"1", "2"}
	})
	assert.Equal(t, http.StatusForbidden, answer.Code)
}

func TestForwardAuthRefusesWhatTheLibraryRefuses(t *testing.T) {
	for name, change := range map[string]func(http.Header){
		"another method":      func(h http.Header) { h.Set("X-Forwarded-Method", "DELETE") },
		"another host":        func(h http.Header) { h.Set("X-Forwarded-Host", "evil.example") },
		"another target":      func(h http.Header) { h.Set("X-Forwarded-Uri", "/refunds") },
		"a decoded target":    func(h http.Header) { h.Set("X-Forwarded-Uri", "/orders/a") },
		"an absolute target":  func(h http.Header) { h.Set("X-Forwarded-Uri", "http://api.example/orders/%61") },
		"client's key id":     func(h http.Header) { h.Set("X-Countersign-Key-Id", "ck_live_gateway") },
		"client's body hash":  func(h http.Header) { h.Set("X-Countersign-Body-Sha256", canonical.HashEmptyPayload) },
		"client's alias":      func(h http.Header) { h["X_Countersign_Key_Id"] = []string{"ck_live_gateway"} },
		"a trailer":           func(h http.Header) { h.Set("Trailer", "X-A") },
		"a connection header": func(h http.Header) { h.Set("Connection", "X-Countersign-Nonce") },
		"no signature":        func(h http.Header) { h.Del("Authorization") },
	} {
		f := gateway.NewForwardAuth(newVerifier(t), loopback, "", new(logs).logger())
		req := newRequest(t, "GET", "/orders/%61", "")
		assert.False(t, accepted(t, ask(f, req, func(question *http.Request) { change(question.Header) })), name)
		assert.True(t, accepted(t, ask(f, req)), "nothing was claimed: %s", name)
	}
}

// TestForwardAuthTellsTheClientsAddress: the last hop that is no proxy of ours, whatever the client
// writes before it.
func TestForwardAuthTellsTheClientsAddress(t *testing.T) {
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { _ = memory.Close() })
	v, err := server.NewVerifier(server.NewStaticKeys(&server.Key{ID: "ck_live_gateway", Environment: "live", Sources: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(testSecret)}}, Dialects: []canonical.Dialect{canonical.CS4}}),
		memory, server.Policy{Region: "live", Service: "orders"})
	require.NoError(t, err)
	f := gateway.NewForwardAuth(v, append(loopback, netip.MustParsePrefix("10.0.0.0/8")), "", new(logs).logger())
	for _, c := range []struct {
		hops     []string
		admitted bool
	}{
		{[]string{"198.51.100.7"}, true},
		{[]string{"192.0.2.1, 198.51.100.7"}, true},
		{[]string{"192.0.2.1", " 198.51.100.7 ,10.1.1.1"}, true},
		{[]string{"198.51.100.7, 192.0.2.1"}, false},
		{[]string{"198.51.100.7", "192.0.2.1, 10.1.1.1"}, false},
		{[]string{"198.51.100.7, unknown"}, false},
		{[]string{"198.51.100.7, "}, false},
		{[]string{"10.1.1.1"}, false},
		{nil, false},
	} {
		answer := ask(f, newRequest(t, "GET", "/", ""), func(question *http.Request) { question.Header["X-Forwarded-For"] = c.hops })
		assert.Equal(t, c.admitted, accepted(t, answer), "%q", c.hops)
	}
}

// TestForwardAuthReadsQuestionsInTheRequestsOwnWords: as Envoy puts them, behind a prefix.
func TestForwardAuthReadsQuestionsInTheRequestsOwnWords(t *testing.T) {
	f := gateway.NewForwardAuth(newVerifier(t), loopback, "/envoy", new(logs).logger())
	question := func(target string) *http.Request {
		req := newRequest(t, "PUT", "/orders/%61?b", "")
		q := httptest.NewRequest("PUT", "/", nil)
		q.Header, q.Host, q.RequestURI, q.RemoteAddr = req.Header, "api.example", target, "127.0.0.1:1"
		q.Header.Set("Content-Length", "0")
		return q
	}
	for target, admitted := range map[string]bool{
		"/envoy/orders/%61?b": true, "/envoy/orders/a?b": false, "/orders/%61?b": false, "/envoy": false, "/envoyorders/%61?b": false, "": false, "/envoy?b": false,
	} {
		answer := httptest.NewRecorder()
		f.ServeHTTP(answer, question(target))
		assert.Equal(t, admitted, accepted(t, answer), target)
	}
	// The headers of the other way to ask say nothing here.
	q := question("/envoy/refunds")
	q.Header.Set("X-Forwarded-Uri", "/orders/%61?b")
	answer := httptest.NewRecorder()
	f.ServeHTTP(answer, q)
	assert.False(t, accepted(t, answer))
}

// TestForwardAuthRefusesSignedHeadersInOtherForms: the proxy passes on the lines that it has, and an
// application that reads the first alone would see another value than was signed.
func TestForwardAuthRefusesSignedHeadersInOtherForms(t *testing.T) {
	for name, values := range map[string][]string{
		"one line":    {"reader,admin"},
		"two lines":   {"reader", "admin"},
		"more spaces": {"reader,admin  "},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest("GET", "http://api.example/", nil)
			require.NoError(t, err)
			req.Header.Set("X-Roles", "reader,admin")
			require.NoError(t, signer.Sign(req))
			req.Header["X-Roles"] = values
			answer := ask(gateway.NewForwardAuth(newVerifier(t), loopback, "", new(logs).logger()), req)
			assert.Equal(t, name == "one line", accepted(t, answer))
		})
	}
}
