package workload

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// connection sends one request at a time to an endpoint, on a connection that it keeps while it can.
type connection struct {
	endpoint Endpoint
	request  *http.Request // tells the reader of answers the method, and nothing else
	timeout  time.Duration
	meter    *Meter

	// mu guards conn and abandonAt, which another goroutine uses to end an exchange.
	mu        sync.Mutex
	conn      net.Conn // nil when there is none
	abandonAt time.Time

	reader *bufio.Reader
	used   time.Time // when the last answer came
}

func newConnection(plan *Plan, meter *Meter) *connection {
	return &connection{
		endpoint: plan.Endpoint, timeout: plan.Timeout, meter: meter,
		request: &http.Request{Method: plan.Method}, reader: bufio.NewReader(nil),
	}
}

// open connects, unless it is connected.
func (c *connection) open(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := c.endpoint.dial(ctx)
	if err != nil {
		return err
	}
	conn = &countedConn{Conn: conn, meter: c.meter}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
	c.reader.Reset(conn)
	c.used = time.Now()
	return nil
}

func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// abandon lets the exchange in flight, if there is one, last no longer than until a moment.
func (c *connection) abandon(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandonAt = at
	if c.conn != nil {
		_ = c.conn.SetDeadline(at)
	}
}

// limit sets the deadline of the next exchange.
func (c *connection) limit() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	deadline := time.Now().Add(c.timeout)
	if !c.abandonAt.IsZero() && c.abandonAt.Before(deadline) {
		deadline = c.abandonAt
	}
	return c.conn.SetDeadline(deadline)
}

// idle is how long a connection may lie unused before it is asked whether it still stands: servers
// close idle ones, and what is written then is lost.
const idle = time.Second

// refresh opens the connection again if it has been closed, also by the server while it lay idle.
// A failure shows when the next request is sent.
func (c *connection) refresh(ctx context.Context) {
	if c.conn != nil && time.Since(c.used) > idle {
		c.used = time.Now()
		if c.conn.SetReadDeadline(time.Now().Add(time.Millisecond)) != nil {
			c.close()
		} else if _, err := c.reader.Peek(1); !isTimeout(err) {
			c.close() // at its end, or with bytes that nobody asked for
		} else {
			c.reader.Reset(c.conn) // which forgets the error
		}
	}
	_ = c.open(ctx)
}

// exchange sends a request and reads its answer.
func (c *connection) exchange(ctx context.Context, request []byte) (Answer, error) {
	if err := c.open(ctx); err != nil {
		return Answer{}, c.failure(failedConnect, err)
	}
	if err := c.limit(); err != nil {
		return Answer{}, c.failure(failedLost, err)
	}
	_, writeErr := c.conn.Write(request)
	// A server may refuse before it has read the whole body: its answer may be there all the same.
	answer, keep, err := c.readAnswer()
	if err != nil {
		return Answer{}, c.failure(failedLost, errors.Join(writeErr, err))
	}
	if !keep || writeErr != nil {
		c.close()
	}
	c.used = time.Now()
	return answer, nil
}

// countedConn tells a meter what goes over the wire (above TLS).
type countedConn struct {
	net.Conn
	meter *Meter
}

// Read implements [net.Conn].
func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.received.Add(int64(n))
	return n, err
}

// Write implements [net.Conn].
func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meter.sent.Add(int64(n))
	return n, err
}
