package server_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// dial connects to a new HTTP/1.1 server with the verifier in front.
func (u *setup) dial(t testing.TB) net.Conn {
	t.Helper()
	server := httptest.NewServer(u.Handler(u.application()))
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return conn
}

// With a content hash header the signature is checked before the first byte of the body, so that a
// forger is never asked for it.
func TestForgerIsNotAskedForTheBody(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*signing)
		reason canonical.Reason
		asked  bool
	}{
		"accepted":                 {asIs, "", true},
		"forged":                   {func(s *signing) { s.secret = "wrong" }, canonical.SignatureMismatch, false},
		"unknown key":              {func(s *signing) { s.keyID = "ck_live_nobody" }, canonical.UnknownKey, false},
		"out of time":              {func(s *signing) { s.at = noon.Add(-time.Hour) }, canonical.ClockSkew, false},
		"out of time, no hash":     {func(s *signing) { s.at, s.hash = noon.Add(-time.Hour), "" }, canonical.ClockSkew, false},
		"malformed":                {func(s *signing) { s.nonce = "short" }, canonical.BadNonce, false},
		"accepted, no hash":        {func(s *signing) { s.hash = "" }, "", true},
		"payload beyond the limit": {func(s *signing) { s.body = strings.Repeat("x", 1<<20+1) }, canonical.PayloadTooLarge, false},
	} {
		t.Run(name, func(t *testing.T) {
			u, s := newSetup(t), newPost("hello")
			c.change(&s)
			conn := u.dial(t)
			head, body, _ := strings.Cut(string(s.raw()), "\r\n\r\n")
			_, err := conn.Write([]byte(head + "\r\nExpect: 100-continue\r\n\r\n"))
			require.NoError(t, err)
			reader := bufio.NewReader(conn)
			line, err := reader.ReadString('\n')
			require.NoError(t, err)
			if !c.asked {
				require.NotContains(t, line, "100")
				require.Equal(t, c.reason, u.decision(t).Reason)
				require.Contains(t, line, http.StatusText(c.reason.Status()))
				require.Zero(t, u.store.claims.Load())
				return
			}
			require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
			_, err = conn.Write([]byte(body))
			require.NoError(t, err)
			line, err = reader.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "\r\n", line)
			line, err = reader.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "HTTP/1.1 204 No Content\r\n", line)
		})
	}
}

// A replay is not asked for its body either.
func TestReplayIsNotAskedForTheBody(t *testing.T) {
	u, s := newSetup(t), newPost("hello")
	u.requireAccepted(t, s.request(t))
	conn := u.dial(t)
	head, _, _ := strings.Cut(string(s.raw()), "\r\n\r\n")
	_, err := conn.Write([]byte(head + "\r\nExpect: 100-continue\r\n\r\n"))
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 401 Unauthorized\r\n", line)
	require.Equal(t, canonical.Replayed, u.decision(t).Reason)
}

// The same refusals as from http.ReadRequest, over a connection.
func TestRawConnectionRefusals(t *testing.T) {
	chunked := newPost("hello")
	chunked.chunked = true
	for name, c := range map[string]struct {
		raw    string
		close  bool // the client's half, after the request
		reason canonical.Reason
	}{
		"trailer found":    {strings.Replace(string(chunked.raw()), "\r\n0\r\n\r\n", "\r\n0\r\nX-Admin: true\r\n\r\n", 1), false, canonical.Trailer},
		"body cut":         {strings.TrimSuffix(string(newPost("hello").raw()), "lo"), true, canonical.BodyTruncated},
		"chunk cut":        {strings.TrimSuffix(string(chunked.raw()), "o\r\n0\r\n\r\n"), true, canonical.BodyTruncated},
		"chunk malformed":  {strings.Replace(string(chunked.raw()), "\r\n\r\n2\r\n", "\r\n\r\nzz\r\n", 1), false, canonical.BodyTruncated},
		"asterisk form":    {strings.Replace(string(newSigning().raw()), "GET /v1/orders?limit=10&after=x", "GET *", 1), false, canonical.BadTarget},
		"absolute form":    {strings.Replace(string(newSigning().raw()), "GET /", "GET http://api.example/", 1), false, canonical.BadTarget},
		"authority form":   {strings.Replace(string(newSigning().raw()), "GET /v1/orders?limit=10&after=x", "CONNECT api.example:443", 1), false, canonical.BadTarget},
		"method is odd":    {strings.Replace(string(newSigning().raw()), "GET ", "get ", 1), false, canonical.SignatureMismatch},
		"signed TE header": {strings.Replace(string(newSigning().raw()), "Host:", "Connection: X-Countersign-Nonce\r\nHost:", 1), false, canonical.BadHeader},
	} {
		t.Run(name, func(t *testing.T) {
			u := newSetup(t)
			conn := u.dial(t)
			_, err := conn.Write([]byte(c.raw))
			require.NoError(t, err)
			if c.close {
				require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, c.reason, u.decision(t).Reason)
			require.Equal(t, c.reason.Status(), answer.StatusCode)
			require.Zero(t, u.store.claims.Load())
			require.Zero(t, u.upstream.Load())
		})
	}
}
