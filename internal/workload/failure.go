package workload

import (
	"errors"
	"net"
	"strings"
)

// exchangeError is a request without an answer, and why in a word or two.
type exchangeError struct {
	kind  string
	cause error
}

func (e *exchangeError) Error() string { return e.kind + ": " + e.cause.Error() }
func (e *exchangeError) Unwrap() error { return e.cause }

// Why a request was left without an answer.
const (
	failedConnect   = "not connected"
	failedLost      = "connection lost"
	failedTimeout   = "no answer in time"
	failedMalformed = "not HTTP"
	failedAbandoned = "abandoned at the end"
)

// failure closes the connection and says what has happened.
func (c *connection) failure(kind string, err error) error {
	c.mu.Lock()
	abandoned := !c.abandonAt.IsZero()
	c.mu.Unlock()
	c.close()
	switch {
	case abandoned:
		kind = failedAbandoned
	case isTimeout(err) && kind != failedConnect:
		kind = failedTimeout
	case strings.Contains(err.Error(), "malformed HTTP"):
		kind = failedMalformed
	}
	return &exchangeError{kind, err}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
