package client

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testID     = "ck_live_0123456789abcdef"
	testSecret = "an-imported-secret-of-thirty-two-bytes-or-more"
)

var testTarget = Target{Region: "live", Service: "orders"}

func testSigner(options ...Option) *Signer {
	return NewSigner(Static(testID, testSecret), testTarget, options...)
}

// oddRequests are requests whose wire form is easily mistaken. The URL of each is relative to the
// server.
var oddRequests = []struct {
	name, method, url string
	header            http.Header
	body              string
	change            func(*http.Request)
}{
	{name: "no path", method: "GET", url: ""},
	{name: "a query without a path", method: "GET", url: "?a=b"},
	{name: "a bare question mark", method: "GET", url: "/x?"},
	{name: "escapes in the path", method: "GET", url: "/a%20b/c%3Fd/%e2%82%ac/%7E"},
	{name: "Unicode in the path", method: "GET", url: "/münchen/€"},
	{name: "raw punctuation in the path", method: "GET", url: "/v1/x:y@z/a=b,c!$&'()*+;d"},
	{name: "a trailing slash", method: "GET", url: "/a/"},
	{name: "a query out of order", method: "GET", url: "/?b=2&a=2&a=1&B=3&a-=1"},
	{name: "plus, escapes and empty values", method: "GET", url: "/?a=1+2&b=1%202&c&d=&%C3%BC=%e2%82%ac&e=a=b"},
	{name: "raw punctuation in the query", method: "GET", url: "/?q=a:b/c?d@e'(f)*,!~"},
	{name: "a fragment", method: "GET", url: "/a?b=c#d"},
	{name: "no method", method: "", url: "/a"},
	{name: "a method of its own", method: "PURGE", url: "/a"},
	{name: "a path set apart from its escapes", method: "GET", url: "/", change: func(req *http.Request) {
		req.URL.Path, req.URL.RawPath = "/a/b c", ""
	}},
	{name: "an opaque URL", method: "GET", url: "/", change: func(req *http.Request) { req.URL.Opaque = "/a%21b" }},
	{name: "a forced query", method: "GET", url: "/", change: func(req *http.Request) { req.URL.ForceQuery = true }},
	{name: "another host", method: "GET", url: "/", change: func(req *http.Request) { req.Host = "API.example.com:80" }},
	{name: "a host in Unicode", method: "GET", url: "/", change: func(req *http.Request) { req.Host = "bücher.example" }},
	{name: "a host in Unicode with a port", method: "GET", url: "/", change: func(req *http.Request) { req.Host = "bücher.example:8080" }},
	{name: "headers of all kinds", method: "GET", url: "/", header: http.Header{
		"X-Repeated":      {"b", " a ", "a  b   c", ""},
		"X-Tab":           {"\ta\tb\t"},
		"X-Empty":         {""},
		"X-Unsent":        {},
		"X-Bytes":         {"caf\xe9 €"},
		"X_under":         {"1"},
		"Accept":          {"application/json"},
		"Cookie":          {"a=b; c=d"},
		"User-Agent":      {"test"},
		"Traceparent":     {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		"X-Forwarded-For": {"192.0.2.1"},
	}},
	{name: "a body", method: "POST", url: "/a", body: "hello", header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}},
	{name: "a body of unknown length", method: "PUT", url: "/a", body: "hello", change: func(req *http.Request) {
		req.Body, req.GetBody, req.ContentLength = io.NopCloser(strings.NewReader("hello")), nil, -1
	}},
	{name: "a body in chunks", method: "POST", url: "/a", body: "hello", change: func(req *http.Request) { req.ContentLength = -1 }},
	{name: "a body that turns out empty", method: "POST", url: "/a", change: func(req *http.Request) {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader("")), -1
	}},
	{name: "an empty POST", method: "POST", url: "/a"},
	{name: "a body with GET", method: "GET", url: "/a", body: "hello"},
}

func oddRequest(t *testing.T, i int, base string) *http.Request {
	odd := oddRequests[i]
	var body io.Reader
	if odd.body != "" {
		body = strings.NewReader(odd.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), odd.method, base+odd.url, body)
	require.NoError(t, err)
	req.Method = odd.method
	for name, values := range odd.header {
		req.Header[name] = values
	}
	if odd.change != nil {
		odd.change(req)
	}
	return req
}

func TestTransportSignsWhatIsSentOverHTTP1(t *testing.T) {
	for _, dialect := range canonical.Dialects() {
		server := captureHTTP1(t, nil)
		base := &http.Transport{}
		defer base.CloseIdleConnections()
		checkOddRequests(t, server, testSigner(WithDialect(dialect)).Transport(base))
	}
}

func TestTransportSignsWhatIsSentOverHTTP2(t *testing.T) {
	server, base := captureHTTP2(t)
	checkOddRequests(t, server, testSigner().Transport(base))
}

func checkOddRequests(t *testing.T, server *capture, transport http.RoundTripper) {
	for i, odd := range oddRequests {
		t.Run(odd.name, func(t *testing.T) {
			before := len(server.got())
			resp, err := transport.RoundTrip(oddRequest(t, i, server.url))
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.StatusOK, resp.StatusCode)
			got := server.got()
			require.Len(t, got, before+1)
			assert.Equal(t, odd.body, got[before].body)
			checkReceived(t, got[before])
		})
	}
}

// checkReceived holds a received request against the oracle and the verifier's parser.
func checkReceived(t *testing.T, r *received) {
	t.Helper()
	carried, expected := oracleSignatures(t, r, testSecret)
	assert.Equal(t, expected, carried)
	header := http.Header{}
	for _, line := range r.lines {
		header.Add(line[0], strings.Trim(line[1], " \t"))
	}
	var parsed canonical.Request
	assert.NoError(t, parsed.Parse(&canonical.Message{Method: r.method, Target: r.target, Host: r.host, Header: header}, &canonical.Rules{}))
}

func TestSignSignsWhatNetHTTPWrites(t *testing.T) {
	for i, odd := range oddRequests {
		t.Run(odd.name, func(t *testing.T) {
			req := oddRequest(t, i, "http://127.0.0.1:8080")
			require.NoError(t, testSigner().Sign(req))
			checkReceived(t, written(t, req))
		})
	}
}

// written returns req as net/http writes it.
func written(t *testing.T, req *http.Request) *received {
	t.Helper()
	var wire bytes.Buffer
	require.NoError(t, req.Write(&wire))
	r, err := readRequest(bufio.NewReader(&wire))
	require.NoError(t, err)
	return r
}

func TestWireTargetIsTheRequestURI(t *testing.T) {
	for i := range oddRequests {
		u := oddRequest(t, i, "http://127.0.0.1").URL
		assert.Equal(t, u.RequestURI(), string(appendWireTarget(nil, u)))
	}
	for _, u := range []*url.URL{{}, {Path: "*"}, {Opaque: "//host/path"}, {Path: "a b"}, {RawQuery: "x", ForceQuery: true}} {
		assert.Equal(t, u.RequestURI(), string(appendWireTarget(nil, u)))
	}
}

func TestWireHostDropsTheZone(t *testing.T) {
	req := &http.Request{URL: &url.URL{Host: "[fe80::1%25en0]:8080"}, Host: "[fe80::1%en0]:8080"}
	host, err := wireHost(req)
	require.NoError(t, err)
	assert.Equal(t, "[fe80::1]:8080", host)
}
