package client

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// readRequest reads one HTTP/1.1 request without net/http's help, so that nothing of it is changed.
func readRequest(reader *bufio.Reader) (*received, error) {
	line, err := reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	r := &received{}
	r.method, r.target, _ = strings.Cut(strings.TrimSuffix(line, " HTTP/1.1\r\n"), " ")
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		if name = strings.ToLower(name); name == "host" {
			r.host = value
		}
		r.lines = append(r.lines, [2]string{name, value})
	}
	body := io.Reader(strings.NewReader(""))
	if length := r.header("content-length"); len(length) != 0 {
		n, err := strconv.ParseInt(length[0], 10, 64)
		if err != nil {
			return nil, err
		}
		body = io.LimitReader(reader, n)
	} else if len(r.header("transfer-encoding")) != 0 {
		body = httputil.NewChunkedReader(reader)
	}
	content, err := io.ReadAll(body)
	if err == nil && len(r.header("transfer-encoding")) != 0 {
		_, err = reader.ReadString('\n')
	}
	r.body = string(content)
	return r, err
}

// capture is a server that keeps the requests that it answers.
type capture struct {
	url string
	mu  sync.Mutex
	// answer says what to write for the n-th request of all, counted from 0, and "" to hang up.
	answer   func(n int, r *received) string
	requests []*received
}

const answerOK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func (c *capture) got() []*received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*received(nil), c.requests...)
}

// captureHTTP1 serves HTTP/1.1 from a bare listener.
func captureHTTP1(t *testing.T, answer func(n int, r *received) string) *capture {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &capture{url: "http://" + listener.Addr().String(), answer: answer}
	var group sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	group.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, connection)
			mu.Unlock()
			group.Go(func() { c.serve(connection) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, connection := range open {
			_ = connection.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return c
}

func (c *capture) serve(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		r, err := readRequest(reader)
		if err != nil {
			return
		}
		c.mu.Lock()
		n := len(c.requests)
		c.requests = append(c.requests, r)
		c.mu.Unlock()
		text := answerOK
		if c.answer != nil {
			text = c.answer(n, r)
		}
		if text == "" {
			return
		}
		if _, err := io.WriteString(connection, text); err != nil {
			return
		}
	}
}

// captureHTTP2 serves HTTP/2 over TLS.
func captureHTTP2(t *testing.T) (*capture, *http.Transport) {
	c := &capture{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ProtoMajor != 2 {
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
			return
		}
		body, _ := io.ReadAll(req.Body)
		r := &received{method: req.Method, target: req.RequestURI, host: req.Host, body: string(body)}
		for name, values := range req.Header {
			for _, value := range values {
				r.lines = append(r.lines, [2]string{strings.ToLower(name), value})
			}
		}
		c.mu.Lock()
		c.requests = append(c.requests, r)
		c.mu.Unlock()
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c.url = server.URL
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return c, transport
}
