package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return req
}

// reasonOf returns the rule's name in an error.
func reasonOf(t *testing.T, err error) canonical.Reason {
	t.Helper()
	var refusal *canonical.Error
	require.ErrorAs(t, err, &refusal)
	return refusal.Reason
}

func TestSignRefusesLocallyWhatTheVerifierWouldRefuse(t *testing.T) {
	set := func(name string, values ...string) func(*http.Request) {
		return func(req *http.Request) { req.Header[name] = values }
	}
	for _, refused := range []struct {
		name   string
		reason canonical.Reason
		url    string
		change func(*http.Request)
	}{
		{"an empty segment", canonical.BadPath, "/a//b", nil},
		{"a dot segment", canonical.BadPath, "/a/../b", nil},
		{"an escaped dot segment", canonical.BadPath, "/a/%2e%2e/b", nil},
		{"an escaped slash", canonical.BadPath, "/a%2Fb", nil},
		{"a path that is not UTF-8", canonical.BadPath, "/%ff", nil},
		{"a semicolon in the query", canonical.BadQuery, "/?a=1;b=2", nil},
		{"an empty pair", canonical.BadQuery, "/?a=1&&b=2", nil},
		{"a raw space in the query", canonical.BadTarget, "/?a=1 2", nil},
		{"raw UTF-8 in the query", canonical.BadTarget, "/?a=€", nil},
		{"a presigned URL", canonical.MixedModes, "/?X-Amz-Signature=1", nil},
		{"too long a target", canonical.LimitExceeded, "/" + strings.Repeat("a", 20<<10), nil},
		{"the target *", canonical.BadTarget, "/", func(req *http.Request) { req.Method, req.URL.Path = "OPTIONS", "*" }},
		{"an absolute target", canonical.BadTarget, "/", func(req *http.Request) { req.URL.Opaque = "//host/path" }},
		{"CONNECT", canonical.BadTarget, "/", func(req *http.Request) { req.Method = "CONNECT" }},
		{"a method that is no token", canonical.BadTarget, "/", func(req *http.Request) { req.Method = "GET /" }},
		{"no host", canonical.MissingHeader, "/", func(req *http.Request) { req.Host, req.URL.Host = "", "" }},
		{"a host with a space", canonical.BadHeader, "/", func(req *http.Request) { req.Host = "a b" }},
		{"a host that has no ASCII form", canonical.BadHeader, "/", func(req *http.Request) { req.Host = "xn--ü" }},
		{"a trailer", canonical.Trailer, "/", func(req *http.Request) { req.Trailer = http.Header{"X-A": nil} }},
		{"a declared trailer", canonical.Trailer, "/", set("Trailer", "X-A")},
		{"two content types", canonical.BadHeader, "/", set("Content-Type", "a/b", "c/d")},
		{"a control character", canonical.BadHeader, "/", set("X-A", "a\nb")},
		{"a header of the protocol's that it does not know", canonical.BadHeader, "/", set("X-Countersign-Else", "a")},
		{"a header of the other dialect's", canonical.MixedModes, "/", set("X-Amz-Date", "20260101T000000Z")},
		{"an alias of one of ours", canonical.BadHeader, "/", set("X_countersign_date", "a")},
		{"another Host among the headers", canonical.BadHeader, "/", set("Host", "elsewhere")},
		{"a Connection that names a signed header", canonical.BadHeader, "/", func(req *http.Request) {
			req.Header.Set("X-A", "a")
			req.Header.Set("Connection", "x-a")
		}},
		{"a key that net/http never makes", canonical.BadHeader, "/", set("x-lower", "a")},
		{"a key that is no token", canonical.BadHeader, "/", set("X A", "a")},
		{"more than 64 headers", canonical.LimitExceeded, "/", func(req *http.Request) {
			for i := range 61 {
				req.Header.Set("X-"+strconv.Itoa(i), "a")
			}
		}},
		{"credentials of another kind", canonical.BadAuthorization, "/", set("Authorization", "Bearer x")},
		{"credentials of another kind beside ours", canonical.BadAuthorization, "/", set("Authorization", "CS4-HMAC-SHA256 x", "Bearer x")},
		{"a length without a body", canonical.BodyTruncated, "/", func(req *http.Request) { req.ContentLength = 1 }},
	} {
		t.Run(refused.name, func(t *testing.T) {
			req := get(t, "http://127.0.0.1/")
			target, query, _ := strings.Cut(refused.url, "?")
			path, err := url.PathUnescape(target)
			require.NoError(t, err)
			req.URL.Path, req.URL.RawPath, req.URL.RawQuery = path, target, query
			if refused.change != nil {
				refused.change(req)
			}
			before := req.Header.Clone()
			assert.Equal(t, refused.reason, reasonOf(t, testSigner().Sign(req)))
			assert.Equal(t, before, req.Header, "a refused request keeps its headers")
		})
	}
}

func TestSignRefusesARequestWithoutURL(t *testing.T) {
	assert.Error(t, testSigner().Sign(&http.Request{}))
}

func TestSignSignsEveryHeaderButThoseThatHopsRewrite(t *testing.T) {
	unsignedNames := []string{"Accept-Encoding", "User-Agent", "Connection", "Te", "Expect", "X-Forwarded-For",
		"X-Forwarded-Proto", "Forwarded", "Via", "Traceparent", "Tracestate", "Baggage", "B3", "X-B3-Traceid",
		"X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "X-Request-Id", "Cookie", "Content-Length",
		"Proxy-Authorization", "Keep-Alive", "Upgrade", "Transfer-Encoding"}
	req := get(t, "http://127.0.0.1/")
	for _, name := range unsignedNames {
		req.Header.Set(name, "1")
	}
	for _, name := range []string{"Content-Type", "Content-Encoding", "Accept", "Idempotency-Key", "X-Http-Method-Override", "Range", "X-Amz-Meta"} {
		req.Header.Set(name, "1")
	}
	require.NoError(t, testSigner().Sign(req))
	authorization, err := canonical.ParseAuthorization(req.Header.Get("Authorization"))
	require.NoError(t, err)
	assert.Equal(t, "accept;content-encoding;content-type;host;idempotency-key;range;x-amz-meta;x-countersign-content-sha256;"+
		"x-countersign-date;x-countersign-nonce;x-http-method-override", authorization.SignedHeaders)
}

func TestSignSignsWhatPolicyRequiresOfAll(t *testing.T) {
	req := get(t, "http://127.0.0.1/a%2Fb")
	req.Header.Set("Cookie", "a=b")
	signer := testSigner(WithRules(canonical.Rules{EncodedSlash: true, RequireSigned: []string{"cookie"}}))
	require.NoError(t, signer.Sign(req))
	assert.Contains(t, req.Header.Get("Authorization"), "SignedHeaders=cookie;host;")
}

func TestSignChangesNothingButItsFourHeaders(t *testing.T) {
	req := get(t, "http://user@127.0.0.1/a%20b?c=d#e")
	req.Header.Set("X-A", " a  b ")
	req.Header["X-Unsent"] = nil
	before, url, host := req.Header.Clone(), *req.URL, req.Host
	require.NoError(t, testSigner().Sign(req))
	for _, name := range []string{"Authorization", "X-Countersign-Date", "X-Countersign-Nonce", "X-Countersign-Content-Sha256"} {
		require.Len(t, req.Header[name], 1)
		delete(req.Header, name)
	}
	assert.Equal(t, before, req.Header)
	assert.Equal(t, url, *req.URL)
	assert.Equal(t, host, req.Host)
}

func TestSignAgainReplacesTheSignatureInEitherDialect(t *testing.T) {
	req := get(t, "http://127.0.0.1/")
	require.NoError(t, testSigner().Sign(req))
	nonce := req.Header.Get("X-Countersign-Nonce")
	require.NoError(t, testSigner().Sign(req))
	assert.NotEqual(t, nonce, req.Header.Get("X-Countersign-Nonce"))
	checkReceived(t, written(t, req))

	require.NoError(t, testSigner(WithDialect(canonical.AWS4)).Sign(req))
	assert.Empty(t, req.Header.Get("X-Countersign-Nonce"))
	checkReceived(t, written(t, req))

	signed := req.Header.Clone()
	req.URL.Path = "//"
	assert.Error(t, testSigner().Sign(req))
	assert.Equal(t, signed, req.Header, "a refusal leaves the earlier signature")
}

func TestSignMakesAFreshRandomUUIDForEveryNonce(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		req := get(t, "http://127.0.0.1/")
		require.NoError(t, testSigner().Sign(req))
		nonce := req.Header.Get("X-Countersign-Nonce")
		assert.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", nonce)
		assert.False(t, seen[nonce])
		seen[nonce] = true
	}
}

func TestSignDatesByTheClockInUTC(t *testing.T) {
	zone := time.FixedZone("", 3600)
	clock := func() time.Time { return time.Date(2026, 1, 1, 0, 30, 15, 999999999, zone) }
	req := get(t, "http://127.0.0.1/")
	require.NoError(t, testSigner(WithClock(clock)).Sign(req))
	assert.Equal(t, "20251231T233015Z", req.Header.Get("X-Countersign-Date"))
	assert.Contains(t, req.Header.Get("Authorization"), "/20251231/live/orders/cs4_request,")
}

func TestSignerReportsItsConfiguration(t *testing.T) {
	good := Static(testID, testSecret)
	for name, bad := range map[string]struct {
		signer *Signer
		says   string
	}{
		"no region":              {NewSigner(good, Target{Service: "orders"}), "Target.Region"},
		"a region in upper case": {NewSigner(good, Target{Region: "Live", Service: "orders"}), "Target.Region"},
		"no service":             {NewSigner(good, Target{Region: "live"}), "Target.Service"},
		"a service like s3":      {NewSigner(good, Target{Region: "live", Service: "s3-files"}), "s3"},
		"no source":              {NewSigner(nil, testTarget), "credentials"},
		"a dialect of none":      {testSigner(WithDialect(0)), "WithDialect"},
		"a negative limit":       {testSigner(WithBodyLimit(-1)), "WithBodyLimit"},
		"a negative wait":        {testSigner(WithMaxWait(-1)), "WithMaxWait"},
		"no clock":               {testSigner(WithClock(nil)), "WithClock"},
		"no timer":               {testSigner(WithWait(nil)), "WithWait"},
		"the zero value":         {&Signer{}, "NewSigner"},
	} {
		t.Run(name, func(t *testing.T) {
			req := get(t, "http://127.0.0.1/")
			assert.ErrorContains(t, bad.signer.Check(t.Context()), bad.says)
			assert.ErrorContains(t, bad.signer.Sign(req), bad.says)
			_, err := bad.signer.Presign(req, time.Minute)
			assert.ErrorContains(t, err, bad.says)
			_, err = bad.signer.Transport(nil).RoundTrip(req)
			assert.ErrorContains(t, err, bad.says)
			assert.Empty(t, req.Header)
		})
	}
	assert.NoError(t, testSigner().Check(t.Context()))
}

type failingSource struct{ err error }

func (s failingSource) Credentials(context.Context) (Credentials, error) { return Credentials{}, s.err }

func TestSignWrapsTheErrorOfItsSource(t *testing.T) {
	unavailable := errors.New("vault is sealed")
	signer := NewSigner(failingSource{unavailable}, testTarget)
	assert.ErrorIs(t, signer.Sign(get(t, "http://127.0.0.1/")), unavailable)
	assert.ErrorIs(t, NewSigner(Credentials{}, testTarget).Check(t.Context()), ErrNoCredentials)
}

func TestSignIsSafeForConcurrentUse(t *testing.T) {
	signer := testSigner()
	errs := make(chan error)
	for range 8 {
		go func() {
			var err error
			for range 50 {
				req, _ := http.NewRequest(http.MethodPost, "http://127.0.0.1/", io.MultiReader(strings.NewReader("a")))
				err = errors.Join(err, signer.Sign(req))
			}
			errs <- err
		}()
	}
	for range 8 {
		assert.NoError(t, <-errs)
	}
}
