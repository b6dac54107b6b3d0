package vectorrun

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// overConnection sends a case of the parser's layer through a net/http server. It passes when the
// answer is not 2xx, or when the handler got exactly what was verified: a request that a second
// verifier accepts as well.
func (run *caseRun) overConnection() string {
	var seen error
	handler := run.verifier.Handler(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		seen = run.verifyAgain(req)
	}))
	status, err := exchange(run.c.Raw, run.c.Remote, handler)
	switch {
	case err != nil:
		return "no answer: " + err.Error()
	case status < 200 || status > 299:
		if run.store.claims != 0 {
			return fmt.Sprintf("answered %d, and its nonce was claimed all the same", status)
		}
		return ""
	case seen != nil:
		return fmt.Sprintf("answered %d, and the handler saw another request than was verified: %v", status, seen)
	}
	return ""
}

func (run *caseRun) verifyAgain(req *http.Request) error {
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, Capacity: 1, Clock: stoppedClock(run.c.Time)})
	if err != nil {
		return err
	}
	verifier, err := newVerifier(run.settings, memory, run.c.Time, func(context.Context, server.Decision) {})
	if err != nil {
		return err
	}
	_, err = verifier.Verify(req)
	return err
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
