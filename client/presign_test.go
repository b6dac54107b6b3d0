package client

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkPresigned holds a presigned request against the oracle and the verifier's parser.
func checkPresigned(t *testing.T, r *received, rules canonical.Rules) {
	t.Helper()
	path, query, _ := strings.Cut(r.target, "?")
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	prefix := "X-Countersign-"
	if values.Has("X-Amz-Signature") {
		prefix = "X-Amz-"
	}
	credential := strings.Split(values.Get(prefix+"Credential"), "/")
	require.Len(t, credential, 5)
	expected := oracleSign(r, oraclePieces{
		algorithm: values.Get(prefix + "Algorithm"), scope: credential[1:], date: values.Get(prefix + "Date"),
		path: path, query: query, signedHeaders: values.Get(prefix + "SignedHeaders"),
	}, testSecret)
	assert.Equal(t, expected, values.Get(prefix+"Signature"))

	header := http.Header{}
	for _, line := range r.lines {
		header.Add(line[0], line[1])
	}
	var parsed canonical.Request
	assert.NoError(t, parsed.Parse(&canonical.Message{Method: r.method, Target: r.target, Host: r.host, Header: header}, &rules))
	assert.Equal(t, canonical.PresignedMode, parsed.Mode)
}

func TestPresignedURLsVerifyAsTheyAreSent(t *testing.T) {
	server := captureHTTP1(t, nil)
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	for _, dialect := range canonical.Dialects() {
		signer := testSigner(WithDialect(dialect))
		for i, odd := range oddRequests {
			if odd.name == "an opaque URL" {
				continue // which no URL in text can say
			}
			t.Run(odd.name, func(t *testing.T) {
				req := oddRequest(t, i, server.url)
				presigned, err := signer.Presign(req, time.Minute)
				require.NoError(t, err)
				sent, err := http.NewRequestWithContext(t.Context(), req.Method, presigned.String(), req.Body)
				require.NoError(t, err)
				sent.Header, sent.Host = req.Header, req.Host
				resp, err := base.RoundTrip(sent)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				got := server.got()
				checkPresigned(t, got[len(got)-1], canonical.Rules{})
			})
		}
	}
}

func TestPresignLeavesTheRequestAsItWas(t *testing.T) {
	req := post(t, strings.NewReader("hello"))
	req.Header.Set("Content-Type", "text/plain")
	header, before := req.Header.Clone(), *req.URL
	presigned, err := testSigner().Presign(req, time.Minute)
	require.NoError(t, err)
	assert.Equal(t, header, req.Header)
	assert.Equal(t, before, *req.URL)
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(body))
	query := presigned.Query()
	assert.Equal(t, "content-type;host", query.Get("X-Countersign-SignedHeaders"))
	assert.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", query.Get("X-Countersign-Content-Sha256"))
	assert.Equal(t, "60", query.Get("X-Countersign-Expires"))
}

func TestPresignLeavesOutTheHashOfAnEmptyBody(t *testing.T) {
	presigned, err := testSigner().Presign(get(t, "http://127.0.0.1/a"), time.Minute)
	require.NoError(t, err)
	assert.False(t, presigned.Query().Has("X-Countersign-Content-Sha256"))
}

func TestPresignRefusesLocallyWhatTheVerifierWouldRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		reason  canonical.Reason
		url     string
		expires time.Duration
		change  func(*http.Request)
	}{
		"no time":               {canonical.BadExpires, "http://127.0.0.1/", 0, nil},
		"a negative time":       {canonical.BadExpires, "http://127.0.0.1/", -time.Minute, nil},
		"half a second":         {canonical.BadExpires, "http://127.0.0.1/", 1500 * time.Millisecond, nil},
		"beyond the cap":        {canonical.BadExpires, "http://127.0.0.1/", 901 * time.Second, nil},
		"a bad path":            {canonical.BadPath, "http://127.0.0.1//", time.Minute, nil},
		"presigned already":     {canonical.BadQuery, "http://127.0.0.1/?X-Countersign-Signature=1", time.Minute, nil},
		"of the other dialect":  {canonical.MixedModes, "http://127.0.0.1/?X-Amz-Signature=1", time.Minute, nil},
		"a password in the URL": {canonical.MixedModes, "http://a:b@127.0.0.1/", time.Minute, nil},
		"signed already": {canonical.MixedModes, "http://127.0.0.1/", time.Minute, func(req *http.Request) {
			require.NoError(t, testSigner().Sign(req))
		}},
		"a trailer": {canonical.Trailer, "http://127.0.0.1/", time.Minute, func(req *http.Request) { req.Trailer = http.Header{"X-A": nil} }},
		"a host that has no ASCII form": {canonical.BadHeader, "http://127.0.0.1/", time.Minute, func(req *http.Request) {
			req.Host = "xn--ü"
		}},
		"a key that net/http never makes": {canonical.BadHeader, "http://127.0.0.1/", time.Minute, func(req *http.Request) {
			req.Header["x-a"] = []string{"a"}
		}},
		"a length without a body": {canonical.BodyTruncated, "http://127.0.0.1/", time.Minute, func(req *http.Request) { req.ContentLength = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			req := get(t, c.url)
			if c.change != nil {
				c.change(req)
			}
			presigned, err := testSigner().Presign(req, c.expires)
			assert.Equal(t, c.reason, reasonOf(t, err))
			assert.Nil(t, presigned)
		})
	}
}

func TestPresignTakesTheVerifiersCap(t *testing.T) {
	rules := canonical.Rules{MaxExpires: 604800}
	presigned, err := testSigner(WithRules(rules)).Presign(get(t, "http://127.0.0.1/"), 7*24*time.Hour)
	require.NoError(t, err)
	assert.Equal(t, "604800", presigned.Query().Get("X-Countersign-Expires"))
	_, err = testSigner(WithRules(rules)).Presign(get(t, "http://127.0.0.1/"), 7*24*time.Hour+time.Second)
	assert.Equal(t, canonical.BadExpires, reasonOf(t, err))
}
