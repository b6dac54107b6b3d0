package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

const testSecret = "a secret for these tests, not a real one"

// signedWith returns a POST to target whose signature is made over its pieces after other has
// changed them, as a signer that errs would have made it.
func signedWith(t *testing.T, target, header, body string, other func(s *signed)) *Input {
	t.Helper()
	names := []string{"host", "x-countersign-date", "x-countersign-nonce"}
	for line := range strings.Lines(header) {
		name, _, _ := strings.Cut(strings.ToLower(line), ":")
		if name != "x-forwarded-host" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	placeholder := strings.Repeat("0", 64)
	raw := fmt.Sprintf("POST %s HTTP/1.1\nHost: Api.example.com:8443\nX-Countersign-Date: 20261120T093000Z\n"+
		"X-Countersign-Nonce: 0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15\nContent-Length: %d\n%s"+
		"Authorization: CS4-HMAC-SHA256 Credential=ck/20261120/live/orders/cs4_request, SignedHeaders=%s, Signature=%s\n\n%s",
		target, len(body), header, strings.Join(names, ";"), placeholder, body)
	in, err := Read([]byte(raw))
	require.NoError(t, err)
	var request canonical.Request
	require.NoError(t, request.Parse(&in.Message, &canonical.Rules{}))
	hash := cmp.Or(request.PayloadHash, hexHash([]byte(body)))
	pieces := signedPieces(&request, canonical.RuleForm, testSecret, hash)
	require.Equal(t, string(request.AppendCanonical(nil, canonical.RuleForm, hash)), pieces.canonicalRequest())
	other(&pieces)
	in.Message.Header["Authorization"][0] = strings.Replace(in.Message.Header["Authorization"][0], placeholder, pieces.signature(), 1)
	return in
}

var searchTests = []struct {
	change, target, header, body string
	other                        func(s *signed)
}{
	{"empty-body", "/", "", "body", func(s *signed) { s.payloadHash = hexHash(nil) }},
	{"unsigned-payload", "/", "", "body", func(s *signed) { s.payloadHash = "UNSIGNED-PAYLOAD" }},
	{"body-without-final-newline", "/", "", "body\n", func(s *signed) { s.payloadHash = hexHash([]byte("body")) }},
	{"body-with-final-newline", "/", "", "body", func(s *signed) { s.payloadHash = hexHash([]byte("body\n")) }},
	{"body-with-lf", "/", "", "a\r\nb", func(s *signed) { s.payloadHash = hexHash([]byte("a\nb")) }},
	{"body-with-crlf", "/", "", "a\nb", func(s *signed) { s.payloadHash = hexHash([]byte("a\r\nb")) }},
	{"body-without-line-ends", "/", "", "a\nb", func(s *signed) { s.payloadHash = hexHash([]byte("ab")) }},
	{"json-compact", "/", "", `{"b": 1, "a": 2}`, func(s *signed) { s.payloadHash = hexHash([]byte(`{"b":1,"a":2}`)) }},
	{"json-sorted", "/", "", `{"b": 1, "a": 2.50}`, func(s *signed) { s.payloadHash = hexHash([]byte(`{"a":2.50,"b":1}`)) }},

	{"path-as-sent", "/a%20b", "", "", func(s *signed) { s.path = "/a%20b" }},
	{"path-and-query-as-sent", "/a%20b?b&a", "", "", func(s *signed) { s.path, s.query = "/a%20b", "b&a" }},
	{"query-as-sent", "/a%20b?b&a", "", "", func(s *signed) { s.query = "b&a" }},
	{"path-decoded", "/a%20b", "", "", func(s *signed) { s.path = "/a b" }},
	{"path-encoded-once", "/a%20b:c", "", "", func(s *signed) { s.path = "/a%20b%3Ac" }},
	{"path-encoded-thrice", "/a%20b", "", "", func(s *signed) { s.path = "/a%252520b" }},
	{"path-with-slash", "/a", "", "", func(s *signed) { s.path = "/a/" }},
	{"path-without-slash", "/a/", "", "", func(s *signed) { s.path = "/a" }},
	{"path-empty", "/", "", "", func(s *signed) { s.path = "" }},
	{"query-left-out", "/?a=1", "", "", func(s *signed) { s.query = "" }},
	{"query-unsorted", "/a%20b?b=x+y&a", "", "", func(s *signed) { s.query = "b=x%20y&a=" }},
	{"query-sorted-as-sent", "/?b=:&a=1", "", "", func(s *signed) { s.query = "a=1&b=:" }},
	{"query-plus-literal", "/?b=x+y&a=1", "", "", func(s *signed) { s.query = "a=1&b=x%2By" }},
	{"query-space-as-plus", "/?b=x%20y&a=1", "", "", func(s *signed) { s.query = "a=1&b=x+y" }},
	{"query-without-equals", "/?b=&a", "", "", func(s *signed) { s.query = "a&b" }},
	{"method-get", "/", "", "", func(s *signed) { s.method = "GET" }},
	{"method-put", "/", "", "", func(s *signed) { s.method = "PUT" }},
	{"method-lower-case", "/", "", "", func(s *signed) { s.method = "post" }},

	{"host-without-port", "/", "", "", func(s *signed) { s.header("host").value = "Api.example.com" }},
	{"host-with-port-80", "/", "", "", func(s *signed) { s.header("host").value = "Api.example.com:8443:80" }},
	{"host-with-port-443", "/", "", "", func(s *signed) { s.header("host").value = "Api.example.com:8443:443" }},
	{"host-lower-case", "/", "", "", func(s *signed) { s.header("host").value = "api.example.com:8443" }},
	{"host-forwarded", "/", "X-Forwarded-Host: public.example.com, inner\n", "", func(s *signed) { s.header("host").value = "public.example.com" }},
	{"header-spaces", "/", "X-Label: a  b\n", "", func(s *signed) { s.header("x-label").value = "a  b" }},
	{"header-comma-space", "/", "X-Label: a\nX-Label: b\n", "", func(s *signed) { s.header("x-label").value = "a, b" }},
	{"content-type-charset", "/", "Content-Type: text/plain;charset=utf-8\n", "body", func(s *signed) { s.header("content-type").value = "text/plain" }},

	{"secret-with-newline", "/", "", "", func(s *signed) { s.secret += "\n" }},
	{"secret-with-crlf", "/", "", "", func(s *signed) { s.secret += "\r\n" }},
	{"secret-with-space", "/", "", "", func(s *signed) { s.secret += " " }},
	{"secret-quoted", "/", "", "", func(s *signed) { s.secret = `"` + s.secret + `"` }},
	{"secret-single-quoted", "/", "", "", func(s *signed) { s.secret = "'" + s.secret + "'" }},
	{"secret-empty", "/", "", "", func(s *signed) { s.secret = "" }},
	{"dialect", "/", "", "", func(s *signed) {
		s.keyPrefix, s.algorithm, s.terminator = "AWS4", "AWS4-HMAC-SHA256", "aws4_request"
	}},
	{"key-prefix", "/", "", "", func(s *signed) { s.keyPrefix = "AWS4" }},
	{"key-prefix-left-out", "/", "", "", func(s *signed) { s.keyPrefix = "" }},
	{"terminator", "/", "", "", func(s *signed) { s.terminator = "aws4_request" }},
	{"algorithm", "/", "", "", func(s *signed) { s.algorithm = "AWS4-HMAC-SHA256" }},
}

// elsewhere are the changes with tests of their own below, and method-post, which differs from
// its siblings by its word alone.
var elsewhere = []string{"received-body", "unannounced-body", "secret-trimmed", "region", "service", "method-post"}

func TestSearchFindsTheOneChange(t *testing.T) {
	tested := map[string]bool{}
	for _, name := range elsewhere {
		tested[name] = true
	}
	for _, test := range searchTests {
		tested[test.change] = true
		t.Run(test.change, func(t *testing.T) {
			in := signedWith(t, test.target, test.header, test.body, test.other)
			report := Explain(in, Options{Secret: testSecret})
			assert.Equal(t, Mismatch, report.Verdict)
			require.NotEmpty(t, report.Changes)
			assert.Equal(t, test.change, report.Changes[0].Name)
		})
	}
	for _, change := range changes {
		assert.True(t, tested[change.name], "no test for the change %s", change.name)
	}
}

func TestSearchFindsNothingInARightSignature(t *testing.T) {
	in := signedWith(t, "/a%20b?b=1&a", "", "body", func(*signed) {})
	report := Explain(in, Options{Secret: testSecret})
	assert.Equal(t, Match, report.Verdict)
	assert.Empty(t, report.Changes)
}

func TestSearchFindsNothingInTwoChanges(t *testing.T) {
	in := signedWith(t, "/a", "", "body", func(s *signed) { s.method, s.secret = "GET", s.secret+"\n" })
	report := Explain(in, Options{Secret: testSecret})
	assert.Equal(t, Mismatch, report.Verdict)
	assert.Empty(t, report.Changes)
}

func TestSearchLooksAtTheCircumstances(t *testing.T) {
	tests := []struct {
		change  string
		options Options
		other   func(s *signed)
	}{
		{"secret-trimmed", Options{Secret: testSecret + "\n"}, func(*signed) {}},
		{"region", Options{Secret: testSecret, Region: "test"}, func(s *signed) { s.scope.Region = "test" }},
		{"service", Options{Secret: testSecret, Service: "stock"}, func(s *signed) { s.scope.Service = "stock" }},
	}
	for _, test := range tests {
		t.Run(test.change, func(t *testing.T) {
			report := Explain(signedWith(t, "/", "", "", test.other), test.options)
			require.NotEmpty(t, report.Changes)
			assert.Equal(t, test.change, report.Changes[0].Name)
		})
	}
}

func TestSearchFindsTheHashOfAnotherBody(t *testing.T) {
	header := "X-Countersign-Content-Sha256: " + hexHash([]byte("another")) + "\n"
	in := signedWith(t, "/", header, "body", func(s *signed) { s.payloadHash = hexHash([]byte("body")) })
	report := Explain(in, Options{Secret: testSecret})
	assert.Equal(t, Refused, report.Verdict)
	require.Len(t, report.Problems, 2)
	assert.Equal(t, canonical.BodyMismatch, report.Problems[0].Reason)
	require.NotEmpty(t, report.Changes)
	assert.Equal(t, "received-body", report.Changes[0].Name)
}

func TestSearchFindsABodyThatNothingAnnounces(t *testing.T) {
	in := signedWith(t, "/", "", "", func(s *signed) { s.payloadHash = hexHash([]byte("body")) })
	in.unframed = []byte("body")
	report := Explain(in, Options{Secret: testSecret})
	require.NotEmpty(t, report.Changes)
	assert.Equal(t, "unannounced-body", report.Changes[0].Name)
}
