package client

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestTransportNeverChangesTheCallersRequest(t *testing.T) {
	server := captureHTTP1(t, nil)
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	for name, body := range map[string]io.Reader{
		"no body": nil, "a body": strings.NewReader("hello"), "a body read once": io.MultiReader(strings.NewReader("hello")),
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url+"/a?b#c", body)
			require.NoError(t, err)
			req.Header.Set("X-A", "a")
			before, url, header := *req, *req.URL, req.Header.Clone()
			resp, err := testSigner().Transport(base).RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, header, req.Header)
			assert.Equal(t, url, *req.URL)
			assert.Equal(t, before.Body, req.Body)
			assert.Equal(t, before.GetBody == nil, req.GetBody == nil)
			assert.Equal(t, before.ContentLength, req.ContentLength)
			assert.Equal(t, before.Host, req.Host)
			assert.NotEmpty(t, resp.Request.Header.Get("Authorization"), "the response names what was sent")
		})
	}
}

func TestTransportClosesTheBodyWhateverHappens(t *testing.T) {
	down := errors.New("network is down")
	base := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		require.NoError(t, req.Body.Close())
		return nil, down
	})
	for name, c := range map[string]struct {
		transport http.RoundTripper
		url       string
		length    int64
	}{
		"sent":                     {testSigner().Transport(base), "http://127.0.0.1/", 5},
		"refused":                  {testSigner().Transport(base), "http://127.0.0.1//", 5},
		"refused for its length":   {testSigner().Transport(base), "http://127.0.0.1/", 6},
		"refused for its limit":    {testSigner(WithBodyLimit(1)).Transport(base), "http://127.0.0.1/", -1},
		"refused for its host":     {testSigner().Transport(base), "http://xn--ü/", 5},
		"refused for a credential": {NewSigner(Static("", ""), testTarget).Transport(base), "http://127.0.0.1/", 5},
		"refused as CONNECT":       {testSigner().Transport(base), "connect", 5},
	} {
		t.Run(name, func(t *testing.T) {
			closed := 0
			req := post(t, nil)
			if c.url == "connect" {
				req.Method = http.MethodConnect
			} else {
				parsed := get(t, c.url).URL
				req.URL, req.Host = parsed, parsed.Host
			}
			req.Body, req.ContentLength = trackedBody{strings.NewReader("hello"), &closed}, c.length
			_, err := c.transport.RoundTrip(req)
			assert.Error(t, err)
			assert.Equal(t, name == "sent", errors.Is(err, down))
			assert.NotZero(t, closed)
		})
	}
}

func TestTransportSignsEveryAttemptAfresh(t *testing.T) {
	v, url := startVerifier(t, time.Now)
	client := &http.Client{Transport: testSigner().Transport(nil)}
	req := get(t, url)
	for range 3 {
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	assert.Equal(t, []int{200, 200, 200}, v.statuses)
}

// TestTransportSignsSilentResendsAfresh: net/http sends an idempotent request again when a
// kept-alive connection dies before the first byte of the answer. The first copy may have reached
// the verifier.
func TestTransportSignsSilentResendsAfresh(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		server := captureHTTP1(t, func(n int, _ *received) string {
			if n == 1 {
				return ""
			}
			return answerOK
		})
		base := &http.Transport{}
		defer base.CloseIdleConnections()
		transport := testSigner().Transport(base)
		for range 2 {
			req, err := http.NewRequestWithContext(t.Context(), method, server.url, strings.NewReader("hello"))
			require.NoError(t, err)
			req.Header.Set("Idempotency-Key", "a")
			resp, err := transport.RoundTrip(req)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
		}
		got := server.got()
		require.Len(t, got, 3)
		nonces := map[string]bool{}
		for _, r := range got {
			assert.Equal(t, "hello", r.body)
			checkReceived(t, r)
			nonces[r.header("x-countersign-nonce")[0]] = true
		}
		assert.Len(t, nonces, 3)
	}
}

func TestTransportClosesIdleConnectionsOfItsBase(t *testing.T) {
	closed := false
	base := struct {
		http.RoundTripper
		closer
	}{http.DefaultTransport, func() { closed = true }}
	(&http.Client{Transport: testSigner().Transport(base)}).CloseIdleConnections()
	assert.True(t, closed)
}

type closer func()

func (c closer) CloseIdleConnections() { c() }

func TestTransportRefusesURLsWithAPassword(t *testing.T) {
	_, err := (&http.Client{Transport: testSigner().Transport(nil)}).Get("http://user:password@127.0.0.1/")
	assert.ErrorContains(t, err, "bad_authorization")
	assert.ErrorContains(t, err, "user and password")
}
