package client

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func redirectTo(location string) string {
	return "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n"
}

func TestTransportSignsRedirectsWithinTheOriginAnew(t *testing.T) {
	server := captureHTTP1(t, func(n int, _ *received) string {
		if n < 2 {
			return redirectTo("/b?c=d")
		}
		return answerOK
	})
	client := &http.Client{Transport: testSigner().Transport(&http.Transport{DisableKeepAlives: true})}
	resp, err := client.Post(server.url+"/a", "text/plain", strings.NewReader("hello"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
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

// TestTransportDoesNotSignRedirectsToElsewhere: whoever answers elsewhere could pass a signed
// request on to the API.
func TestTransportDoesNotSignRedirectsToElsewhere(t *testing.T) {
	var home *capture
	elsewhere := captureHTTP1(t, func(int, *received) string { return redirectTo(home.url + "/chosen/by/them") })
	home = captureHTTP1(t, func(n int, _ *received) string {
		if n == 0 {
			return redirectTo(elsewhere.url + "/x")
		}
		return answerOK
	})
	client := &http.Client{Transport: testSigner().Transport(&http.Transport{DisableKeepAlives: true})}
	resp, err := client.Do(get(t, home.url))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Len(t, elsewhere.got(), 1)
	require.Len(t, home.got(), 2)
	checkReceived(t, home.got()[0])
	for _, r := range []*received{elsewhere.got()[0], home.got()[1]} {
		for _, line := range r.lines {
			assert.NotEqual(t, "authorization", line[0])
			assert.False(t, strings.HasPrefix(line[0], "x-countersign-"))
		}
	}
}

func TestTransportDoesNotSignARedirectOfUnknownOrigin(t *testing.T) {
	req := get(t, "http://127.0.0.1/")
	req.Response = &http.Response{}
	assert.True(t, leftOrigin(req))
}

func TestSameOrigin(t *testing.T) {
	for _, c := range []struct {
		from, to string
		same     bool
	}{
		{"http://a/x", "http://a/y", true},
		{"http://a", "http://A:80", true},
		{"https://a", "https://a:443", true},
		{"http://a", "https://a", true},
		{"https://a", "http://a", false},
		{"http://a:8080", "https://a:8443", false},
		{"http://a:8080", "http://a:8081", false},
		{"http://a", "http://b.a", false},
		{"http://a", "http://b", false},
	} {
		from, err := url.Parse(c.from)
		require.NoError(t, err)
		to, err := url.Parse(c.to)
		require.NoError(t, err)
		assert.Equal(t, c.same, sameOrigin(from, to), "%s to %s", c.from, c.to)
	}
}
