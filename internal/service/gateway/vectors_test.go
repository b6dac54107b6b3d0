package gateway_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/service/gateway"
	"github.com/countersign-dev/countersign/internal/vectorrun"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/testvectors"
)

func vectors(t *testing.T) *testvectors.Set {
	t.Helper()
	set, err := testvectors.Load(testvectors.FS)
	require.NoError(t, err)
	require.NotEmpty(t, set.Cases)
	return set
}

// needsBody reports whether a case can be verified only with its body: it has one, and no content hash
// says which.
func needsBody(t *testing.T, c *testvectors.Case) bool {
	t.Helper()
	req, err := c.Request()
	require.NoError(t, err)
	if req.Header["X-Countersign-Content-Sha256"] != nil || req.Header["X-Amz-Content-Sha256"] != nil ||
		bytes.Contains([]byte(req.RequestURI), []byte("-Content-Sha256=")) {
		return false
	}
	body, _ := io.ReadAll(req.Body)
	return len(body) != 0
}

// inOtherForm reports whether a header of a case stands on several lines, or with runs of spaces, so
// that a proxy would pass on another value than was signed.
func inOtherForm(t *testing.T, c *testvectors.Case) bool {
	t.Helper()
	req, err := c.Request()
	require.NoError(t, err)
	for _, values := range req.Header {
		if len(values) != 1 || strings.Contains(values[0], "  ") {
			return true
		}
	}
	return false
}

// TestForwardAuthJudgesVectorsAsTheLibrary: with BodyCheck in the application, which sees the body.
// What needs its body to be verified is refused, and what an application would read otherwise than it
// was signed; nothing else is judged otherwise.
func TestForwardAuthJudgesVectorsAsTheLibrary(t *testing.T) {
	set := vectors(t)
	judged, stricter := 0, 0
	for _, c := range set.Cases {
		if c.Layer == testvectors.LayerParser { // the proxy's parser decides: see the tests with real ones
			continue
		}
		judged++
		verifier, err := vectorrun.NewVerifier(set.Verifier, c)
		require.NoError(t, err)
		f := gateway.NewForwardAuth(verifier, loopback, "", new(logs).logger())
		req, err := c.Request()
		require.NoError(t, err)
		question := httptest.NewRequest("GET", "/authz", nil)
		question.Header, question.Trailer, question.RemoteAddr = req.Header.Clone(), req.Trailer, "127.0.0.1:1"
		length := question.Header["Content-Length"]
		delete(question.Header, "Content-Length")
		for name, value := range map[string][]string{"X-Forwarded-Method": {req.Method}, "X-Forwarded-Host": {req.Host},
			"X-Forwarded-Uri": {req.RequestURI}, "X-Forwarded-For": {c.Remote}, "X-Forwarded-Content-Length": length} {
			question.Header[name] = value
		}
		answer := httptest.NewRecorder()
		f.ServeHTTP(answer, question)
		through := answer.Code == http.StatusOK
		if through {
			for name := range answer.Header() {
				req.Header[name] = answer.Header()[name]
			}
			through = server.CheckRequestBody(req, set.Verifier.MaxBody) == nil
		}
		if c.Accepted() && (needsBody(t, c) || inOtherForm(t, c)) {
			stricter++
			assert.False(t, through, c.Name)
			continue
		}
		assert.Equal(t, c.Accepted(), through, "%s: %d %s", c.Name, answer.Code, answer.Body)
	}
	assert.Greater(t, judged, 200)
	t.Logf("%d judged, %d of them refused since their bodies have no hash, or signed headers stand in another form than was signed", judged, stricter)
}

// TestProxyJudgesVectorsAsTheLibrary: over a connection, unless they are HTTP/2's. A vector that is
// accepted reaches the upstream complete, and no other does.
func TestProxyJudgesVectorsAsTheLibrary(t *testing.T) {
	set := vectors(t)
	for mode, stream := range map[string]bool{"buffer": false, "stream": true} {
		u := newUpstream(t)
		for _, c := range set.Cases {
			verifier, err := vectorrun.NewVerifier(set.Verifier, c)
			require.NoError(t, err)
			u.mu.Lock()
			u.got = nil
			u.mu.Unlock()
			proxy := gateway.NewProxy(gateway.ProxyOptions{
				Verifier: verifier, Upstream: u.url, Logger: new(logs).logger(),
				Stream: func(*http.Request) bool { return stream }, MaxStreamed: set.Verifier.MaxBody,
			})
			status := 0
			if c.Layer == testvectors.LayerHTTP2 {
				req, err := c.Request()
				require.NoError(t, err)
				answer := httptest.NewRecorder()
				proxy.ServeHTTP(answer, req)
				status = answer.Code
			} else {
				status = sendFrom(t, c, proxy)
			}
			complete := 0
			for _, e := range u.requests() {
				if e.err == nil {
					complete++
				}
			}
			switch {
			case c.Layer == testvectors.LayerParser:
				assert.False(t, status == http.StatusOK && complete != 1, "%s, %s", mode, c.Name)
			case c.Accepted() && stream && needsBody(t, c):
				assert.Equal(t, http.StatusUnauthorized, status, c.Name)
				assert.Zero(t, complete, c.Name)
			case c.Accepted():
				assert.Equal(t, http.StatusOK, status, "%s, %s", mode, c.Name)
				assert.Equal(t, 1, complete, "%s, %s", mode, c.Name)
			default:
				assert.GreaterOrEqual(t, status, 400, "%s, %s", mode, c.Name)
				assert.Zero(t, complete, "%s, %s", mode, c.Name)
			}
		}
	}
}

// sendFrom sends a case from its address over a connection of its own, and returns the status of the
// answer, or 400 where there is none.
func sendFrom(t *testing.T, c *testvectors.Case, handler http.Handler) int {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.RemoteAddr = net.JoinHostPort(c.Remote, "49152")
		handler.ServeHTTP(w, req)
	}))
	defer api.Close()
	conn := dial(t, api.Listener.Addr().String())
	_, err := conn.Write(c.Raw)
	require.NoError(t, err)
	// A client that is done writing is taken for gone, so that only those are who have no answer to
	// wait for: a parser may be waiting for more.
	switch {
	case c.Reason == "body_truncated":
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	case c.Layer == testvectors.LayerParser:
		defer time.AfterFunc(time.Second/2, func() { _ = conn.(*net.TCPConn).CloseWrite() }).Stop()
	}
	return readStatus(conn)
}
