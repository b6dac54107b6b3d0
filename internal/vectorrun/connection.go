package vectorrun

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// overConnection sends a case of the parser's layer through a net/http server. It passes when the
// answer is not 2xx, or when the handler got exactly what the verifier had been given.
func (run *caseRun) overConnection() string {
	var verified *seen
	behind := run.verifier.Handler(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		run.received = receive(req)
	}))
	handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		verified = see(req)
		behind.ServeHTTP(w, req)
	})
	status, err := exchange(run.c.Raw, run.c.Remote, handler)
	switch {
	case err != nil:
		return "no answer: " + err.Error()
	case status < 200 || status > 299:
		if run.store.claims != 0 {
			return fmt.Sprintf("answered %d, and its nonce was claimed all the same", status)
		}
		return ""
	case run.received == nil:
		return fmt.Sprintf("answered %d, and the handler was not reached", status)
	}
	if other := run.received.differs(verified); other != "" {
		return fmt.Sprintf("answered %d, and the handler saw another request than was verified: %s", status, other)
	}
	return ""
}

// exchange sends raw bytes to a server in this process and returns the status of its first answer.
func exchange(raw []byte, remote string, handler http.Handler) (status int, err error) {
	near, far := net.Pipe()
	listener := &oneConnection{conn: &remoteConn{Conn: far, remote: remote}, done: make(chan struct{})}
	api := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 5 * time.Second}
	served := make(chan struct{})
	go func() { defer close(served); _ = api.Serve(listener) }()
	written := make(chan struct{})
	go func() { defer close(written); _, _ = near.Write(raw) }() // the server may well answer before it has read all
	defer func() {
		_ = near.Close()
		_ = api.Close()
		<-served
		<-written
	}()
	if err := near.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(near), nil)
	if err != nil {
		return 0, err
	}
	_ = answer.Body.Close()
	return answer.StatusCode, nil
}

// oneConnection is a listener that accepts a single connection.
type oneConnection struct {
	conn net.Conn
	once sync.Once // guards the closing of done
	done chan struct{}
}

// Accept returns the connection, and then waits until the listener is closed.
func (l *oneConnection) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

// Close ends Accept.
func (l *oneConnection) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr returns that of the connection.
func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// remoteConn is a connection from a given address.
type remoteConn struct {
	net.Conn
	remote string
}

// RemoteAddr returns the address.
func (c *remoteConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.ParseIP(c.remote), Port: 49152}
}
