package server_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// openStore grants every claim, as a fresh store does the first.
type openStore struct{ granted int }

func (s *openStore) Claim(context.Context, nonce.ID, time.Time, time.Time) error {
	s.granted++
	return nil
}
func (s *openStore) Close() error { return nil }

// view is everything that an accepted request tells the application under its signature, written
// out by code that shares nothing with the verifier.
func view(req *http.Request, id *server.Identity, method, target, host string) string {
	path, query, _ := strings.Cut(target, "?")
	var pairs []string
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		pairs = append(pairs, fmt.Sprintf("%q=%q %v %v", name, value, err1, err2))
	}
	sort.Strings(pairs)
	text := fmt.Sprintf("%s %s %q %s %s %s %s\n%s\n", method, path, pairs, host, id.KeyID, id.Dialect, id.Mode, id.SignedAt)
	for _, name := range strings.Split(id.SignedHeaders, ";") {
		text += fmt.Sprintf("%s: %q\n", name, req.Header[http.CanonicalHeaderKey(name)])
	}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		text += fmt.Sprintf("%q %v", body, err)
	}
	return text
}

// mutants are the requests that are changed byte by byte.
func mutants() map[string]signing {
	bases := map[string]signing{}
	for _, aws := range []bool{false, true} {
		add := func(name string, s signing) {
			s.aws = aws
			bases[fmt.Sprintf("%s, aws %v", name, aws)] = s
		}
		get := newSigning()
		get.target = "/v1/a%20b/x?limit=10&after=%C3%A9+y"
		get.headers = []string{"X-Tenant: a  b", "X-Role: reader", "X-Role: writer"}
		add("get", get)
		post := newPost(`{"item":"pencil"}`)
		add("post", post)
		post.hash = ""
		add("post without hash", post)
		post.chunked = true
		add("chunked", post)
		post.method, post.expires = "PUT", 600
		add("presigned put", post)
		get = newSigning()
		get.expires = 60
		get.headers = []string{"X-Tenant: 7"}
		add("presigned get", get)
		get = newSigning()
		get.target, get.form = "/v1/x:y=z?b=2&a=1", "as-sent"
		add("as sent", get)
		get.form = "path-as-sent"
		add("path as sent", get)
	}
	return bases
}

// harmless lists the changes that may be accepted: two requests are the same but for one of them if
// these functions make the same of both. Everything else must be refused.
var harmless = []struct {
	name      string
	normalise func(raw string) string
}{
	{"HTTP version", replacer(` HTTP/\d\.\d\r\n`, func(string) string { return " HTTP/1.1\r\n" })},
	{"case of a header name", replacer(`\n[^:\n]+:`, strings.ToLower)},
	{"space around a header value", replacer(`(?m):[ \t]+|[ \t\r]+$`, func(text string) string { return strings.Trim(text, " \t\r") })},
	{"run of spaces, or folded line, in a header", replacer(`( |\n[ \t])+`, func(string) string { return " " })},
	{"space behind a comma of Authorization", replacer(`, (SignedHeaders|Signature)=`, func(text string) string { return "," + text[2:] })},
	{"case of an escape in the query", replacer(`%[0-9A-Fa-f]{2}`, strings.ToUpper)},
	{"leading zero of Content-Length", replacer(`Content-Length: *0*`, func(string) string { return "Content-Length:" })},
	{"case of chunked", replacer(`(?i)chunked`, strings.ToLower)},
	{"line ends, framing of chunks, what follows the body", func(raw string) string {
		head := strings.ReplaceAll(regexp.MustCompile(`\r?\n\r?\n`).Split(raw, 2)[0], "\r", "")
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return ""
		}
		body, err := io.ReadAll(req.Body)
		return fmt.Sprintf("%s %q %v", head, body, err)
	}},
}

func replacer(pattern string, replace func(string) string) func(string) string {
	compiled := regexp.MustCompile(pattern)
	return func(raw string) string { return compiled.ReplaceAllStringFunc(raw, replace) }
}

func harmlessness(raw, mutated string) string {
	for _, change := range harmless {
		if change.normalise(raw) == change.normalise(mutated) {
			return change.name
		}
	}
	return ""
}

func TestEveryChangedByteIsRefused(t *testing.T) {
	replacements := []byte("\x00\t\r\n %&+,-/0:;=?Aa~\x7f\x80\xff")
	if raceEnabled { // it is slow, and races are not what this test looks for
		replacements = []byte("\t 0")
	}
	counts := map[string]int{}
	tried := 0
	for name, s := range mutants() {
		store := &openStore{}
		u := newSetup(t, func(u *setup) { u.nonces, u.policy.Observe = store, nil })
		raw := s.raw()
		try := func(mutated []byte) (string, bool) {
			req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(mutated)))
			if err != nil {
				return "", false
			}
			req.RemoteAddr = "192.0.2.7:4711"
			method, target, host := req.Method, req.RequestURI, req.Host
			tried++
			before := store.granted
			id, err := u.Verify(req)
			if err != nil {
				require.Equal(t, before, store.granted)
				return "", false
			}
			return view(req, id, method, target, host), true
		}
		original, ok := try(raw)
		require.True(t, ok, name)
		check := func(i int, mutated []byte) {
			seen, accepted := try(mutated)
			if !accepted {
				return
			}
			require.Equal(t, original, seen, "%s: %q", name, mutated)
			class := harmlessness(string(raw), string(mutated))
			require.NotEmpty(t, class, "%s: %q became %q", name, near(raw, i), near(mutated, i))
			counts[class]++
		}
		for i := range raw {
			for _, c := range append(replacements, raw[i]^1, raw[i]^0x20) {
				if c != raw[i] {
					mutated := bytes.Clone(raw)
					mutated[i] = c
					check(i, mutated)
				}
			}
			check(i, append(bytes.Clone(raw[:i]), raw[i+1:]...))                   // left out
			check(i, append(append(bytes.Clone(raw[:i+1]), raw[i]), raw[i+1:]...)) // doubled
		}
	}
	require.Greater(t, tried, 20_000)
	for _, change := range harmless {
		require.NotZero(t, counts[change.name], "%s is listed and never accepted", change.name)
	}
	t.Logf("%d requests, accepted: %v", tried, counts)
}

// near returns the text around a place.
func near(raw []byte, i int) []byte { return raw[max(0, i-15):min(len(raw), i+10)] }

// Beyond single bytes: the exact list of what a signature leaves open.
func TestWhatASignatureDoesNotBind(t *testing.T) {
	base := newSigning()
	base.target = "/v1/orders?d=&a=1&a=2&b=x%20y&c=%2Fz"
	base.headers = []string{"X-Role: reader", "X-Role: writer", "X-Tenant: 7"}
	asSent := base
	asSent.form = "as-sent"
	for _, c := range []struct {
		name, old, new string
		rule, asSent   bool // whether it is accepted under a signature of that form
	}{
		{"nothing", "GET", "GET", true, true},
		{"order of distinct parameters", "b=x%20y&c=%2Fz", "c=%2Fz&b=x%20y", true, false},
		{"order of one name's values", "a=1&a=2", "a=2&a=1", true, false},
		{"+ for %20", "x%20y", "x+y", true, false},
		{"an empty value without =", "d=&", "d&", true, false},
		{"case of an escape", "%2F", "%2f", true, false},
		{"an escape that need not be", "b=x", "b=%78", true, false},
		{"an escape that is missing", "%2Fz", "/z", true, false},
		{"an unsigned header", "Host:", "Accept: */*\r\nUser-Agent: curl\r\nHost:", true, true},
		{"Content-Length: 0", "Host:", "Content-Length: 0\r\nHost:", true, true},
		{"values of a header in one line", "X-Role: reader\r\nX-Role: writer", "X-Role: reader,writer", true, true},
		{"order of distinct headers", "X-Role: writer\r\nX-Tenant: 7", "X-Tenant: 7\r\nX-Role: writer", true, true},

		{"+ written as escape", "x%20y", "x%2By", false, false},
		{"a parameter more", "d=&", "d=&e=&", false, false},
		{"a parameter less", "d=&", "", false, false},
		{"an empty pair", "d=&", "d=&&", false, false},
		{"a value moved", "a=1&a=2", "a=2&a=2", false, false},
		{"order of a header's values", "X-Role: reader\r\nX-Role: writer", "X-Role: writer\r\nX-Role: reader", false, false},
		{"a space between values", "X-Role: reader\r\nX-Role: writer", "X-Role: reader, writer", false, false},
		{"a value less", "X-Role: writer\r\n", "", false, false},
		{"a value more", "X-Role: writer", "X-Role: writer\r\nX-Role: admin", false, false},
		{"an escape in the path", "/v1/orders", "/v1/%6Frders", false, false},
		{"a trailing slash", "/v1/orders", "/v1/orders/", false, false},
		{"a slash more", "/v1/orders", "//v1/orders", false, false},
		{"the method's case", "GET", "Get", false, false},
		{"HEAD for GET", "GET", "HEAD", false, false},
		{"the host's case", "api.example", "API.example", false, false},
		{"the host's port", "api.example", "api.example:443", false, false},
		{"a signed header more", "host;", "accept;host;", false, false},
		{"a method override", "Host:", "X-HTTP-Method-Override: DELETE\r\nHost:", false, false},
		{"an alias of a signed header", "Host:", "X_Tenant: 8\r\nHost:", false, false},
		{"a content type", "Host:", "Content-Type: text/xml\r\nHost:", false, false},
		{"a content hash", "Host:", "X-Countersign-Content-Sha256: UNSIGNED-PAYLOAD\r\nHost:", false, false},
		{"a second Authorization", "Authorization:", "Authorization: Basic eDp5\r\nAuthorization:", false, false},
		{"the other algorithm", "CS4-HMAC", "AWS4-HMAC", false, false},
		{"the signature's case", "Signature=", "Signature=A", false, false},
	} {
		for form, s := range map[bool]signing{false: base, true: asSent} {
			u := newSetup(t)
			expected := map[bool]bool{false: c.rule, true: c.asSent}[form]
			code := u.serve(s.edit(t, c.old, c.new)).Code
			require.Equal(t, expected, code == http.StatusNoContent, "%s, as sent %v: %v", c.name, form, u.decision(t).Rejection)
			require.Equal(t, expected, u.store.granted.Load() == 1)
		}
	}
}
