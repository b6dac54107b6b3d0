package workload

import (
	"errors"
	"fmt"
	"time"
)

// Plan says what to send, how fast and for how long. At least one of Duration and Requests is
// needed.
type Plan struct {
	// Endpoint is where all connections lead.
	Endpoint Endpoint
	// Method is that of all requests; the answer to HEAD has no body.
	Method string
	// Source makes the requests of one connection; it is called once a connection.
	Source func() (Source, error)
	// Rate is how many requests a second are due; 0 sends the next as soon as one is answered.
	Rate float64
	// Duration is for how long requests are sent; 0 means until Requests have been.
	Duration time.Duration
	// Requests bounds how many are sent; 0 means as many as Duration allows.
	Requests int64
	// Connections is how many there are, each with one request at a time; at least 1.
	Connections int
	// Timeout is how long one answer may take, counted from when its request is sent, and how long
	// connecting may; default 30 s.
	Timeout time.Duration
}

// Source returns the next request as it goes over the wire, complete with its body. The bytes must
// hold until the next call. It is used by one connection; an error ends the run.
type Source func() ([]byte, error)

const defaultTimeout = 30 * time.Second

func (p Plan) check() error {
	switch {
	case p.Endpoint.Address == "":
		return errors.New("workload: Plan.Endpoint is empty: use EndpointOf")
	case p.Source == nil:
		return errors.New("workload: Plan.Source is nil")
	case p.Rate < 0 || p.Duration < 0 || p.Requests < 0 || p.Timeout < 0:
		return errors.New("workload: Plan.Rate, Duration, Requests and Timeout must not be negative")
	case p.Duration == 0 && p.Requests == 0:
		return errors.New("workload: set Plan.Duration or Plan.Requests: else the run has no end")
	case p.Connections < 1:
		return fmt.Errorf("workload: Plan.Connections is %d: set at least 1", p.Connections)
	}
	return nil
}
