package explain

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// fault is a request and the one thing that its signer, or a hop, did otherwise.
type fault struct {
	change  string // the one that must be named
	request request
	other   func(o *oracle)
	options Options // besides the secret
}

func host(was string) func(o *oracle)  { return func(o *oracle) { o.set("host", was) } }
func path(was string) func(o *oracle)  { return func(o *oracle) { o.path = was } }
func query(was string) func(o *oracle) { return func(o *oracle) { o.query = was } }
func hashed(body string) func(o *oracle) {
	return func(o *oracle) { o.hash = oracleHash(body) }
}
func secret(was string) func(o *oracle) { return func(o *oracle) { o.secret = was } }

var (
	text    = request{body: "body"}
	spaced  = request{target: "/a%20b", path: "/a%2520b"}
	queried = request{target: "/a%20b?b=x+y&a", path: "/a%2520b", query: "a=&b=x%20y"}
	object  = request{body: `{"b": 1, "a": [2.50, "x<,: \"é"]}`}
)

var faults = []fault{
	{change: "empty-body", request: text, other: hashed("")},
	{change: "unsigned-payload", request: text, other: func(o *oracle) { o.hash = "UNSIGNED-PAYLOAD" }},
	{change: "received-body", request: request{
		body: "body", header: "X-Countersign-Content-Sha256: " + oracleHash("another") + "\n",
		signed: "x-countersign-content-sha256:" + oracleHash("another") + "\n",
	}, other: hashed("body")},
	{change: "body-without-final-newline", request: request{body: "body\n"}, other: hashed("body")},
	{change: "body-with-final-newline", request: text, other: hashed("body\n")},
	{change: "body-with-lf", request: request{body: "a\r\nb"}, other: hashed("a\nb")},
	{change: "body-with-crlf", request: request{body: "a\nb"}, other: hashed("a\r\nb")},
	{change: "body-without-line-ends", request: request{body: "a\nb"}, other: hashed("ab")},
	{change: "json-compact", request: object, other: hashed(`{"b":1,"a":[2.50,"x<,: \"é"]}`)},
	{change: "json-spaced", request: request{body: `{"b":1,"a":[2.50,"x<,: \"é"]}`}, other: hashed(object.body)},
	{change: "json-ascii", request: object, other: hashed(`{"b": 1, "a": [2.50, "x<,: \"\u00e9"]}`)},
	{change: "json-spaced-ascii", request: request{body: `{"b":1,"a":"é𝄞"}`}, other: hashed(`{"b": 1, "a": "\u00e9\ud834\udd1e"}`)},
	{change: "json-html-escaped", request: object, other: hashed(`{"b":1,"a":[2.50,"x\u003c,: \"é"]}`)},
	{change: "json-sorted", request: object, other: hashed(`{"a":[2.50,"x<,: \"é"],"b":1}`)},
	{change: "json-sorted-spaced", request: object, other: hashed(`{"a": [2.50, "x<,: \"é"], "b": 1}`)},
	{change: "json-indented-2", request: request{body: `{"b":[1]}`}, other: hashed("{\n  \"b\": [\n    1\n  ]\n}")},
	{change: "json-indented-4", request: request{body: `{"b":[1]}`}, other: hashed("{\n    \"b\": [\n        1\n    ]\n}")},
	{change: "json-indented-tab", request: request{body: `{"b":[1]}`}, other: hashed("{\n\t\"b\": [\n\t\t1\n\t]\n}")},

	{change: "path-as-sent", request: spaced, other: path("/a%20b")},
	{change: "path-and-query-as-sent", request: queried, other: func(o *oracle) { o.path, o.query = "/a%20b", "b=x+y&a" }},
	{change: "path-decoded", request: spaced, other: path("/a b")},
	{change: "path-encoded-once", request: request{target: "/a%20b:c", path: "/a%2520b%3Ac"}, other: path("/a%20b%3Ac")},
	{change: "path-encoded-thrice", request: spaced, other: path("/a%252520b")},
	{change: "path-with-slash", request: request{target: "/a", path: "/a"}, other: path("/a/")},
	{change: "path-without-slash", request: request{target: "/a/", path: "/a/"}, other: path("/a")},
	{change: "path-empty", other: path("")},
	{change: "path-escapes-upper-case", request: request{target: "/%c3%a9", path: "/%25c3%25a9"}, other: path("/%25C3%25A9")},
	{change: "path-escapes-lower-case", request: request{target: "/%C3%A9", path: "/%25C3%25A9"}, other: path("/%25c3%25a9")},
	{change: "path-canonical-lower-case", request: request{target: "/a%20b:c=d", path: "/a%2520b%3Ac%3Dd"}, other: path("/a%2520b%3ac%3dd")},
	{change: "path-decoded-on-the-way", request: request{target: "/a:b", path: "/a%3Ab"}, other: path("/a%253Ab")},
	{change: "path-encoded-on-the-way", request: request{target: "/a%3Ab%20c", path: "/a%253Ab%2520c"}, other: path("/a%3Ab%2520c")},
	{change: "path-prefix-of-url", request: request{target: "/orders", path: "/orders"}, other: path("/shop%2520a/orders"), options: Options{URL: "https://api.example.com/shop%20a/"}},
	{change: "path-prefix-forwarded", request: request{target: "/orders", path: "/orders", header: "-X-Forwarded-Prefix: /shop/\n"}, other: path("/shop/orders")},
	{change: "path-prefix-api", request: request{target: "/orders", path: "/orders"}, other: path("/api/orders")},
	{change: "path-prefix-api-v1", request: request{target: "/orders", path: "/orders"}, other: path("/api/v1/orders")},
	{change: "path-prefix-v1", request: request{target: "/orders", path: "/orders"}, other: path("/v1/orders")},
	{change: "path-prefix-v2", request: request{target: "/orders", path: "/orders"}, other: path("/v2/orders")},
	{change: "path-prefix-prod", request: request{target: "/orders", path: "/orders"}, other: path("/prod/orders")},
	{change: "path-prefix-stage", request: request{target: "/orders", path: "/orders"}, other: path("/stage/orders")},
	{change: "path-prefix-dev", request: request{target: "/orders", path: "/orders"}, other: path("/dev/orders")},
	{change: "path-prefix-added", request: request{target: "/inner/orders", path: "/inner/orders"}, other: path("/orders")},
	{change: "method-get", other: func(o *oracle) { o.method = "GET" }},
	{change: "method-post", request: request{method: "GET"}, other: func(o *oracle) { o.method = "POST" }},
	{change: "method-put", other: func(o *oracle) { o.method = "PUT" }},
	{change: "method-head", other: func(o *oracle) { o.method = "HEAD" }},
	{change: "method-lower-case", other: func(o *oracle) { o.method = "post" }},

	{change: "query-as-sent", request: queried, other: query("b=x+y&a")},
	{change: "query-left-out", request: queried, other: query("")},
	{change: "query-unsorted", request: queried, other: query("b=x%20y&a=")},
	{change: "query-sorted-as-pairs", request: request{target: "/?a=1&a-b=2", query: "a=1&a-b=2"}, other: query("a-b=2&a=1")},
	{change: "query-sorted-as-sent", request: request{target: "/?b=:&a=1", query: "a=1&b=%3A"}, other: query("a=1&b=:")},
	{change: "query-decoded", request: request{target: "/?b=%2F&a=%3A", query: "a=%3A&b=%2F"}, other: query("a=:&b=/")},
	{change: "query-encoded-twice", request: queried, other: query("a=&b=x%2520y")},
	{change: "query-lower-case-escapes", request: request{target: "/?b=%2F&a=1", query: "a=1&b=%2F"}, other: query("a=1&b=%2f")},
	{change: "query-plus-literal", request: queried, other: query("a=&b=x%2By")},
	{change: "query-space-as-plus", request: request{target: "/?b=x%20y&a=1", query: "a=1&b=x%20y"}, other: query("a=1&b=x+y")},
	{change: "query-without-equals", request: queried, other: query("a&b=x%20y")},

	{change: "host-of-url", other: host("shop.example:4444"), options: Options{URL: "http://shop.example:4444/v1"}},
	{change: "host-of-url-without-port", other: host("shop.example"), options: Options{URL: "http://shop.example:4444/v1"}},
	{change: "host-given", other: host("b.example"), options: Options{Hosts: []string{"a.example", "b.example"}}},
	{change: "host-of-x-forwarded-host", request: request{header: "-X-Forwarded-Host: public.example, inner\n"}, other: host("public.example")},
	{change: "host-of-x-original-host", request: request{header: "-X-Original-Host: public.example\n"}, other: host("public.example")},
	{change: "host-of-forwarded", request: request{header: "-Forwarded: for=1.2.3.4; Host=\"public.example:81\", for=2.3.4.5\n"}, other: host("public.example:81")},
	{change: "host-without-port", other: host("Api.example.com")},
	{change: "host-with-port-80", other: host("Api.example.com:80")},
	{change: "host-with-port-443", other: host("Api.example.com:443")},
	{change: "host-with-port-8080", other: host("Api.example.com:8080")},
	{change: "host-lower-case", other: host("api.example.com:8443")},

	{change: "header-spaces", request: request{header: "X-Label: a  b\n", signed: "x-label:a b\n"}, other: func(o *oracle) { o.set("x-label", "a  b") }},
	{change: "header-split", request: request{header: "X-Label: a\nX-Label: b\n", signed: "x-label:a,b\n"}, other: func(o *oracle) { o.set("x-label", "a, b") }},
	{change: "header-joined", request: request{header: "X-Date: Fri, 20 Nov\nX-Label: a, b\n", signed: "x-date:Fri, 20 Nov\nx-label:a, b\n"}, other: func(o *oracle) { o.set("x-label", "a,b") }},
	{change: "header-changed", request: request{header: "Accept-Encoding: gzip\n", signed: "accept-encoding:gzip\n"}, other: func(o *oracle) { o.set("accept-encoding", "gzip, deflate, br") }},
	{change: "content-type-without-parameter", request: request{header: "Content-Type: a/b;charset=utf-8\n", signed: "content-type:a/b;charset=utf-8\n"}, other: func(o *oracle) { o.set("content-type", "a/b") }},
	{change: "content-type-with-charset", request: request{header: "Content-Type: a/b\n", signed: "content-type:a/b\n"}, other: func(o *oracle) { o.set("content-type", "a/b; charset=utf-8") }},
	{change: "content-type-with-tight-charset", request: request{header: "Content-Type: a/b\n", signed: "content-type:a/b\n"}, other: func(o *oracle) { o.set("content-type", "a/b;charset=utf-8") }},
	{change: "content-type-with-upper-case-charset", request: request{header: "Content-Type: a/b\n", signed: "content-type:a/b\n"}, other: func(o *oracle) { o.set("content-type", "a/b; charset=UTF-8") }},

	{change: "secret-with-newline", other: secret(testSecret + "\n")},
	{change: "secret-with-crlf", other: secret(testSecret + "\r\n")},
	{change: "secret-with-space", other: secret(testSecret + " ")},
	{change: "secret-quoted", other: secret(`"` + testSecret + `"`)},
	{change: "secret-single-quoted", other: secret("'" + testSecret + "'")},
	{change: "secret-empty", other: secret("")},
	{change: "older-secret", other: secret("the one before the last"), options: Options{OldSecrets: []string{"the last one", "the one before the last"}}},
	{change: "dialect", other: func(o *oracle) { o.prefix, o.algorithm, o.terminator = "AWS4", "AWS4-HMAC-SHA256", "aws4_request" }},
	{change: "key-prefix", other: func(o *oracle) { o.prefix = "AWS4" }},
	{change: "key-prefix-left-out", other: func(o *oracle) { o.prefix = "" }},
	{change: "terminator", other: func(o *oracle) { o.terminator = "aws4_request" }},
	{change: "algorithm", other: func(o *oracle) { o.algorithm = "AWS4-HMAC-SHA256" }},
	{change: "region", other: func(o *oracle) { o.region = "us-east-1" }},
	{change: "region", other: func(o *oracle) { o.region = "eu-7" }, options: Options{Region: "eu-7"}},
	{change: "service", other: func(o *oracle) { o.service = "execute-api" }},
	{change: "service", other: func(o *oracle) { o.service = "stock" }, options: Options{Service: "stock"}},
	{change: "scope-date", other: func(o *oracle) { o.day, o.keyDay = "20261119", "20261119" }},
	{change: "scope-date-alone", other: func(o *oracle) { o.day = "20261121" }},
	{change: "key-date", other: func(o *oracle) { o.keyDay = "20261119" }},

	{change: "canonical-final-newline", other: func(o *oracle) { o.end = "\n" }},
	{change: "canonical-without-empty-line", other: func(o *oracle) { o.separator = "\n" }},
	{change: "canonical-hash-upper-case", other: func(o *oracle) { o.hashAs = strings.ToUpper }},
	{change: "string-to-sign-final-newline", other: func(o *oracle) { o.toSignEnd = "\n" }},
	{change: "line-ends-crlf", other: func(o *oracle) { o.lineEnd = "\r\n" }},
	{change: "signing-key-in-hex", other: func(o *oracle) {
		o.handOn = func(key []byte) []byte { return []byte(hex.EncodeToString(key)) }
	}},
}

// elsewhere are the changes with tests of their own below.
var elsewhere = []string{
	"unannounced-body", "body-given", "secret-trimmed", "host-with-port-8443", "host-loopback-by-name", "host-loopback-by-address",
}

func (f *fault) secretOptions() Options {
	options := f.options
	options.Secret = testSecret
	return options
}

// TestSearchNamesThePreciseFault: each fault, made by a signer of another kind, is the one that is
// named, and no other; without the fault the same request matches.
func TestSearchNamesThePreciseFault(t *testing.T) {
	require.NotEmpty(t, faults)
	for _, f := range faults {
		t.Run(f.change, func(t *testing.T) {
			right := Explain(read(t, f.request.wire(t, nil)), f.secretOptions())
			assert.Equal(t, "rule", right.MatchedForm, "%v", right.Problems)
			assert.Empty(t, right.Changes)
			assert.Nil(t, right.Difference)

			report := Explain(read(t, f.request.wire(t, f.other)), f.secretOptions())
			assert.Empty(t, report.MatchedForm)
			require.Len(t, report.Changes, 1)
			assert.Equal(t, f.change, report.Changes[0].Name)
			assert.NotEmpty(t, report.Changes[0].Cause)
			assert.NotEmpty(t, report.Changes[0].At)
			assert.NotEmpty(t, report.Changes[0].Fix)
			requireDerived(t, f, report.Difference)
		})
	}
}

// requireDerived checks the difference against what the oracle has signed.
func requireDerived(t *testing.T, f fault, d *Difference) {
	t.Helper()
	require.NotNil(t, d)
	assert.True(t, d.Derived)
	var was *oracle
	f.request.wire(t, func(o *oracle) { f.other(o); was = o })
	lines := strings.Split(was.canonical(), "\n")
	for _, line := range d.Lines {
		if d.Text == "canonical request" && line.Client != nil {
			assert.Equal(t, lines[line.ClientLine-1], *line.Client)
		}
	}
}

func TestEveryChangeHasAFault(t *testing.T) {
	tested := map[string]bool{}
	for _, name := range elsewhere {
		tested[name] = true
	}
	for _, f := range faults {
		tested[f.change] = true
	}
	for _, f := range faults {
		in := read(t, f.request.wire(t, f.other))
		var r canonical.Request
		require.NoError(t, r.Parse(&in.Message, &canonical.Rules{}))
		for _, change := range changesFor(&circumstances{in: in, request: &r, payload: in.payload(r.PayloadHash), options: f.options}) {
			assert.True(t, tested[change.name], "no test for the change %s", change.name)
		}
	}
}

func TestSearchOfALoopbackHost(t *testing.T) {
	for name, pair := range map[string][2]string{
		"host-loopback-by-name":    {"127.0.0.1:8080", "localhost:8080"},
		"host-loopback-by-address": {"localhost:8080", "127.0.0.1:8080"},
		"host-with-port-8443":      {"localhost", "localhost:8443"},
	} {
		wire := request{}.wire(t, host(pair[1]))
		wire = strings.Replace(wire, "Host: "+testHost, "Host: "+pair[0], 1)
		report := Explain(read(t, wire), Options{Secret: testSecret})
		require.Len(t, report.Changes, 1, name)
		assert.Equal(t, name, report.Changes[0].Name)
	}
}

func TestSearchTrimsTheSecretGiven(t *testing.T) {
	report := Explain(read(t, request{}.wire(t, nil)), Options{Secret: testSecret + "\n"})
	require.Len(t, report.Changes, 1)
	assert.Equal(t, "secret-trimmed", report.Changes[0].Name)
	assert.Equal(t, atHere, report.Changes[0].At)
}

func TestSearchFindsABodyThatNothingAnnounces(t *testing.T) {
	in := read(t, request{}.wire(t, hashed("body")))
	in.unframed = []byte("body")
	report := Explain(in, Options{Secret: testSecret})
	require.Len(t, report.Changes, 1)
	assert.Equal(t, "unannounced-body", report.Changes[0].Name)
}

// TestSearchFindsAnotherHostBesidesOneFault: each plain fault together with a host that a proxy
// replaced.
func TestSearchFindsAnotherHostBesidesOneFault(t *testing.T) {
	pairs := 0
	for _, f := range faults {
		if strings.HasPrefix(f.change, "host") || f.options.URL != "" {
			continue
		}
		options := f.secretOptions()
		options.Hosts = []string{"public.example"}
		report := Explain(read(t, f.request.wire(t, func(o *oracle) { f.other(o); o.set("host", "public.example") })), options)
		switch f.change {
		case "header-split", "header-joined", "header-changed", "region", "service", "scope-date", "scope-date-alone", "key-date":
			assert.Empty(t, report.Changes, "%s: no pair is looked for", f.change)
			continue
		}
		require.Len(t, report.Changes, 2, f.change)
		assert.Equal(t, "host-given", report.Changes[0].Name)
		assert.Equal(t, f.change, report.Changes[1].Name)
		pairs++
	}
	assert.Greater(t, pairs, 70)
}

func TestSearchFindsNothingInOtherPairs(t *testing.T) {
	report := Explain(read(t, text.wire(t, func(o *oracle) { o.method, o.secret = "GET", o.secret+"\n" })), Options{Secret: testSecret})
	assert.Equal(t, Mismatch, report.Verdict)
	assert.Empty(t, report.Changes)
	assert.Nil(t, report.Difference)
	assert.Greater(t, report.Tried, 100)
	var out bytes.Buffer
	require.NoError(t, report.WriteText(&out, false))
	assert.Contains(t, out.String(), "none of ")
}

// TestSearchIsBounded: for the request that has most to try.
func TestSearchIsBounded(t *testing.T) {
	r := request{target: "/a=b?b=x+y&a=1", path: "/a%3Db", query: "a=1&b=x%20y", body: object.body}
	r.header = "-X-Forwarded-Host: a.example\n-X-Original-Host: b.example\n-Forwarded: host=c.example\n-X-Forwarded-Prefix: /p\nContent-Type: a/b, c\n"
	r.signed = "content-type:a/b, c\n"
	for _, name := range []string{"Accept-Encoding", "Accept", "X-Forwarded-Proto", "Te"} {
		r.header += name + ": a, b\n"
		r.signed += strings.ToLower(name) + ":a, b\n"
	}
	for i := range 64 - 3 - 5 {
		name := "X-Label-" + hexHash([]byte{byte(i)})[:8]
		r.header += name + ": a, b\n"
		r.signed += strings.ToLower(name) + ":a, b\n"
	}
	options := Options{Secret: "another secret altogether", URL: "http://d.example:99/x", Region: "r", Service: "s"}
	for range 100 {
		options.Hosts, options.OldSecrets = append(options.Hosts, "e.example"), append(options.OldSecrets, "older")
	}
	report := Explain(read(t, r.wire(t, nil)), options)
	require.Empty(t, report.MatchedForm)
	assert.Len(t, report.Forms, 3)
	assert.Empty(t, report.Changes)
	t.Logf("%d tried", report.Tried)
	assert.LessOrEqual(t, report.Tried, maxTried)
	assert.Greater(t, report.Tried, maxTried/2, "the bound is near what it bounds")
}

func BenchmarkSearch(b *testing.B) {
	in := read(b, queried.wire(b, nil))
	for b.Loop() {
		Explain(in, Options{Secret: "another secret altogether"})
	}
}
