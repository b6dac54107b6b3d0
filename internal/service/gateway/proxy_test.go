package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/service/gateway"
)

func TestProxyPassesTheTargetOnByteForByte(t *testing.T) {
	for _, target := range []string{
		"/", "/a", "/a/", "/a?", "/a?b", "/a?b=", "/a?b=%63&b=c&a=+%20+", "/a?b=/../c?d", "/%61%2b+b", "/a%25b", "/a%252Fb", "/a%3fb?c",
		"/a:b@c!$&'()*,;=", "/a[b]", `/a"<>^{|}` + "`", "/%C3%A9%c3%a9", "/a%0d%0ab", "/a?b=%zz", "/a?%", "/a?b;c", "/~-._", "/a?x=1&x=2&y",
	} {
		u := newUpstream(t)
		address, _ := newProxy(t, u)
		path, query, has := strings.Cut(target, "?")
		legal := !(has && (strings.Contains(query, "%zz") || query == "%" || strings.Contains(query, ";")))
		if !legal { // for contrast: what the signer would not sign is not passed on
			req := newRequest(t, "GET", path, "")
			raw := strings.Replace(string(wire(req, "")), "GET "+path+" ", "GET "+target+" ", 1)
			status, _, _ := send(t, address, []byte(raw))
			assert.Equal(t, http.StatusBadRequest, status, target)
			assert.Zero(t, u.connections.Load())
			continue
		}
		status, _, body := send(t, address, wire(newRequest(t, "GET", target, ""), ""))
		require.Equal(t, http.StatusOK, status, "%s: %s", target, body)
		assert.Equal(t, "GET "+target+" HTTP/1.1", u.one(t).line)
		assert.Equal(t, "api.example", u.one(t).req.Host)
	}
}

func TestProxySaysWhoSigned(t *testing.T) {
	u := newUpstream(t)
	address, _ := newProxy(t, u)
	req := newRequest(t, "POST", "/orders", "tea")
	raw := wire(req, "tea", "Connection: X-Hop, keep-alive", "X-Hop: a", "Keep-Alive: 5", "Proxy-Authorization: b",
		"X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: evil.example", "Forwarded: for=192.0.2.1", "X-Other: c", "Expect: 100-continue")
	conn := dial(t, address)
	_, err := conn.Write(raw)
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	line, err := answers.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
	_, err = answers.ReadString('\n')
	require.NoError(t, err)
	status, header, body := receive(t, answers)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "done", body)
	e := u.one(t)
	assert.Equal(t, "tea", e.body)
	assert.NoError(t, e.err)
	got := e.req.Header
	assert.Equal(t, []string{"ck_live_gateway"}, got["X-Countersign-Key-Id"])
	assert.Equal(t, []string{"orders:read orders:write"}, got["X-Countersign-Scopes"])
	assert.Equal(t, []string{"live"}, got["X-Countersign-Environment"])
	assert.Equal(t, header["X-Request-Id"], got["X-Countersign-Request-Id"], "the verifier's, once, whatever the upstream says")
	assert.Equal(t, req.Header["X-Countersign-Content-Sha256"], got["X-Countersign-Body-Sha256"])
	assert.Equal(t, []string{"127.0.0.1"}, got["X-Forwarded-For"])
	assert.Equal(t, []string{"api.example"}, got["X-Forwarded-Host"])
	assert.Equal(t, []string{"c"}, got["X-Other"])
	assert.EqualValues(t, 3, e.req.ContentLength)
	for _, name := range []string{"Connection", "X-Hop", "Keep-Alive", "Proxy-Authorization", "Forwarded", "Expect", "X-Countersign-Nonce", "X-Countersign-Date", "X-Countersign-Content-Sha256"} {
		assert.Empty(t, got[name], name)
	}
}

// refusals are requests that must not reach an upstream, each by the status of its answer.
func refusals(t *testing.T) map[string]struct {
	raw    []byte
	status int
} {
	plain := func() *http.Request { return newRequest(t, "GET", "/orders", "") }
	edited := func(req *http.Request, old, replacement string) []byte {
		text := string(wire(req, ""))
		require.Contains(t, text, old)
		return []byte(strings.Replace(text, old, replacement, 1))
	}
	type refusal = struct {
		raw    []byte
		status int
	}
	list := map[string]refusal{
		"unsigned":           {[]byte("GET /orders HTTP/1.1\r\nHost: api.example\r\n\r\n"), 401},
		"another target":     {edited(plain(), "/orders", "/refunds"), 401},
		"another method":     {edited(plain(), "GET", "DELETE"), 401},
		"another host":       {edited(plain(), "api.example", "api.example:80"), 401},
		"dot segments":       {edited(plain(), "/orders", "/a/../orders"), 400},
		"absolute target":    {edited(plain(), "/orders", "http://api.example/orders"), 400},
		"a body with none":   {wire(plain(), "tea"), 401},
		"another body":       {wire(newRequest(t, "POST", "/orders", "tea"), "tee"), 401},
		"a shorter body":     {wire(newRequest(t, "POST", "/orders", "tea"), "te"), 401},
		"no body":            {wire(newRequest(t, "POST", "/orders", "tea"), ""), 401},
		"length 0":           {wire(newRequest(t, "POST", "/orders", "tea"), "", "Content-Length: 0"), 401},
		"no chunks":          {wire(newRequest(t, "POST", "/orders", "tea"), "", "Transfer-Encoding: chunked"), 401},
		"CONNECT":            {edited(plain(), "GET /orders", "CONNECT api.example:443"), 501},
		"an upgrade":         {wire(plain(), "", "Connection: Upgrade", "Upgrade: websocket"), 501},
		"h2c":                {wire(plain(), "", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), 501},
		"half an upgrade":    {wire(plain(), "", "Connection: keep-alive, UPGRADE"), 501},
		"Connection: header": {wire(plain(), "", "Connection: X-Countersign-Date"), 400},
		"a trailer":          {wire(plain(), "", "Transfer-Encoding: chunked", "Trailer: X-A"), 400},
	}
	for _, name := range []string{"X-Countersign-Key-Id", "x-countersign-scopes", "X-Countersign-Environment", "X-Countersign-Request-Id",
		"X-Countersign-Body-Sha256", "X_Countersign_Key_Id", "X-Countersign_Scopes", "X.Countersign.Key.Id", "X-Countersign-Other"} {
		list["client's own "+name] = refusal{wire(plain(), "", name+": forged"), 400}
	}
	return list
}

func TestProxyRefusesBeforeTheUpstream(t *testing.T) {
	for mode, change := range map[string]func(*gateway.ProxyOptions){"buffer": func(*gateway.ProxyOptions) {}, "stream": streaming} {
		for name, refusal := range refusals(t) {
			u := newUpstream(t)
			address, _ := newProxy(t, u, change)
			status, header, body := send(t, address, refusal.raw)
			assert.Equal(t, refusal.status, status, "%s, %s: %s", mode, name, body)
			assert.Equal(t, "application/problem+json", header.Get("Content-Type"), name)
			for _, e := range u.requests() { // a streamed body is found out when the upstream has its head
				assert.Error(t, e.err, "%s, %s", mode, name)
				assert.Equal(t, "stream", mode, name)
			}
			if mode == "buffer" {
				assert.Zero(t, u.connections.Load(), name)
			}
		}
	}
}

func TestProxyPassesOnceWhatIsSentTwice(t *testing.T) {
	u := newUpstream(t)
	address, _ := newProxy(t, u)
	raw := wire(newRequest(t, "GET", "/orders", ""), "")
	status, _, _ := send(t, address, raw)
	require.Equal(t, http.StatusOK, status)
	status, _, body := send(t, address, raw)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, body, "replayed_request")
	require.Len(t, u.requests(), 1)
}

// TestProxyNeverSendsAgain: an upstream that hangs up on a connection that was used before may have
// acted on the request; a transport would send idempotent ones again.
func TestProxyNeverSendsAgain(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "DELETE", "POST"} {
		u := newUpstream(t)
		answered := u.answer
		u.answer = func(conn net.Conn) bool { return len(u.requests()) > 1 || answered(conn) }
		address, _ := newProxy(t, u)
		status, _, _ := send(t, address, wire(newRequest(t, "GET", "/", ""), ""))
		require.Equal(t, http.StatusOK, status)
		req := newRequest(t, method, "/again", "")
		var lines []string
		if method == "DELETE" || method == "POST" {
			lines = []string{"Idempotency-Key: a"}
		}
		conn := dial(t, address)
		_, err := conn.Write(wire(req, "", lines...))
		require.NoError(t, err)
		answer, err := http.ReadResponse(bufio.NewReader(conn), req)
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadGateway, answer.StatusCode, method)
		got := u.requests()
		require.Len(t, got, 2, method)
		assert.Equal(t, method+" /again HTTP/1.1", got[1].line)
		assert.Empty(t, got[1].body)
		assert.EqualValues(t, 1, u.connections.Load(), "the test has to reuse a connection")
		if method == "GET" {
			assert.NotContains(t, got[1].raw, "Transfer-Encoding")
		}
	}
}

func TestProxySaysWhatIsWrongWithTheUpstream(t *testing.T) {
	u := newUpstream(t)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	address, log := newProxy(t, u, func(o *gateway.ProxyOptions) { o.Upstream = &url.URL{Scheme: "http", Host: gone.Addr().String()} })
	status, _, body := send(t, address, wire(newRequest(t, "POST", "/", "tea"), "tea"))
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, body, "upstream_unavailable")
	assert.NotContains(t, body, gone.Addr().String())
	assert.Contains(t, log.String(), gone.Addr().String())

	done := make(chan struct{})
	u.answer = func(net.Conn) bool { <-done; return true }
	defer close(done)
	address, _ = newProxy(t, u, func(o *gateway.ProxyOptions) { o.Timeout = 100 * time.Millisecond })
	status, _, body = send(t, address, wire(newRequest(t, "GET", "/", ""), ""))
	assert.Equal(t, http.StatusGatewayTimeout, status)
	assert.Contains(t, body, "upstream_timeout")
}

func TestProxyLetsUpgradesThroughWhereAllowed(t *testing.T) {
	u := newUpstream(t)
	u.answer = func(conn net.Conn) bool {
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.CopyN(conn, conn, 5)
		return true
	}
	address, _ := newProxy(t, u, func(o *gateway.ProxyOptions) { o.Upgrades = true })
	conn := dial(t, address)
	_, err := conn.Write(wire(newRequest(t, "GET", "/", ""), "", "Connection: Upgrade", "Upgrade: echo"))
	require.NoError(t, err)
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	_, err = io.WriteString(conn, "hello")
	require.NoError(t, err)
	echo := make([]byte, 5)
	_, err = io.ReadFull(r, echo)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(echo))
	assert.Equal(t, "ck_live_gateway", u.one(t).req.Header.Get("X-Countersign-Key-Id"))

	// Not signed, not let through, whatever protocol it asks for.
	status, _, _ := send(t, address, []byte("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"))
	assert.Equal(t, http.StatusUnauthorized, status)
	status, _, _ = send(t, address, []byte("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"))
	assert.GreaterOrEqual(t, status, 400)
	assert.Len(t, u.requests(), 1)
}

func TestProxyServesHTTP2(t *testing.T) {
	u := newUpstream(t)
	for _, change := range []func(*gateway.ProxyOptions){func(*gateway.ProxyOptions) {}, streaming} {
		o := gateway.ProxyOptions{Verifier: newVerifier(t), Upstream: u.url, Logger: new(logs).logger()}
		change(&o)
		api := httptest.NewUnstartedServer(gateway.NewProxy(o))
		api.EnableHTTP2 = true
		api.StartTLS()
		t.Cleanup(api.Close)
		before := len(u.requests())
		for i, c := range []struct {
			signed, sent string
			length       int64
			status       int
		}{{"tea", "tea", 3, 200}, {"tea", "tea", -1, 200}, {"", "", 0, 200}, {"tea", "tee", 3, 401}, {"tea", "tee", -1, 401}, {"tea", "", 0, 401}, {"", "tea", 3, 401}} {
			req, err := http.NewRequest("POST", api.URL+"/orders?b=%63", strings.NewReader(c.signed))
			require.NoError(t, err)
			require.NoError(t, signer.Sign(req))
			req.Body, req.GetBody, req.ContentLength = io.NopCloser(strings.NewReader(c.sent)), nil, c.length
			if c.length == 0 {
				req.Body = nil
			}
			answer, err := api.Client().Do(req)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			assert.Equal(t, 2, answer.ProtoMajor)
			assert.Equal(t, c.status, answer.StatusCode, fmt.Sprint(i))
		}
		complete := 0
		for _, e := range u.requests()[before:] {
			if e.err == nil {
				complete++
				assert.Equal(t, "POST /orders?b=%63 HTTP/1.1", e.line)
			}
		}
		assert.Equal(t, 3, complete)
	}
}
