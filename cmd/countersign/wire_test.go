package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/countersigntest"
)

// wireRequest returns a signed request as it goes over the wire, its body with a length. fields are
// header lines.
func wireRequest(t *testing.T, signer *client.Signer, method, target, body string, fields ...string) string {
	t.Helper()
	req, err := http.NewRequest(method, "http://api.example"+target, strings.NewReader(body))
	require.NoError(t, err)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		req.Header.Add(name, value)
	}
	require.NoError(t, signer.Sign(req))
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: api.example\r\n", method, target)
	require.NoError(t, req.Header.Write(&text))
	if body != "" {
		fmt.Fprintf(&text, "Content-Length: %d\r\n", len(body))
	}
	return text.String() + "\r\n" + body
}

// swap replaces one text in a request, which must hold it.
func swap(t *testing.T, raw, old, new string) string {
	t.Helper()
	require.Contains(t, raw, old)
	return strings.Replace(raw, old, new, 1)
}

// sendRaw sends bytes, then closes its side of the connection, and returns all that comes back.
func sendRaw(t *testing.T, s *countersigntest.Service, raw string) string {
	t.Helper()
	return exchange(t, s, raw, 0, func(conn net.Conn) (string, error) {
		answer, err := io.ReadAll(conn)
		return string(answer), err
	})
}

// sendWhole sends bytes and returns the first answer. Until it has come the connection stays open,
// but for a second at most: whoever closes their side has cancelled the request.
func sendWhole(t *testing.T, s *countersigntest.Service, raw string) string {
	t.Helper()
	return exchange(t, s, raw, time.Second, func(conn net.Conn) (string, error) {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		text, err := httputil.DumpResponse(answer, true)
		return string(text), err
	})
}

// exchange sends bytes, closes its side of the connection some time after, and returns what read
// makes of the answer.
func exchange(t *testing.T, s *countersigntest.Service, raw string, open time.Duration, read func(net.Conn) (string, error)) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Settings["COUNTERSIGN_URL"], "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	written, answered := make(chan struct{}), make(chan struct{})
	go func() { // the service may answer and hang up before it has read all
		defer close(written)
		if _, err := io.WriteString(conn, raw); err != nil {
			return
		}
		select {
		case <-answered:
		case <-time.After(open):
			_ = conn.(*net.TCPConn).CloseWrite()
		}
	}()
	answer, err := read(conn)
	close(answered)
	require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "the service keeps the connection open")
	_ = conn.Close()
	<-written
	return answer
}
