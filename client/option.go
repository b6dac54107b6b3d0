package client

import (
	"context"
	"errors"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// Option changes what a Signer does by default.
type Option func(*Signer) error

// WithDialect selects the dialect that requests are signed in; CS4 by default. A key record says
// which dialects the verifier accepts.
func WithDialect(dialect canonical.Dialect) Option {
	return func(s *Signer) error {
		if dialect != canonical.CS4 && dialect != canonical.AWS4 {
			return errors.New("client: WithDialect: the dialect must be canonical.CS4 or canonical.AWS4")
		}
		s.dialect = dialect
		return nil
	}
}

// WithBodyLimit bounds, in bytes, what is buffered of a body that can be read only once (one
// without Request.GetBody); 1 MiB by default. 0 buffers none. Bodies with GetBody are never
// buffered, and may be of any length.
func WithBodyLimit(limit int64) Option {
	return func(s *Signer) error {
		if limit < 0 {
			return errors.New("client: WithBodyLimit: the limit must not be negative")
		}
		s.bodyLimit = limit
		return nil
	}
}

// WithMaxWait bounds how long a Transport waits, when the verifier says so with authenticated time,
// for the first instant at which it would accept a request; 10 s by default. 0 never waits.
func WithMaxWait(wait time.Duration) Option {
	return func(s *Signer) error {
		if wait < 0 {
			return errors.New("client: WithMaxWait: the wait must not be negative")
		}
		s.maxWait = wait
		return nil
	}
}

// WithRules tells the Signer the verifier's policy where it differs from the default
// (EncodedSlash, RequireSigned, MaxExpires …), so that what that verifier accepts is signed, and
// what it refuses is refused.
func WithRules(rules canonical.Rules) Option {
	return func(s *Signer) error {
		s.rules = rules
		return nil
	}
}

// WithClock replaces the wall clock, in tests.
func WithClock(now func() time.Time) Option {
	return func(s *Signer) error {
		if now == nil {
			return errors.New("client: WithClock: the clock is nil")
		}
		s.clock = now
		return nil
	}
}

// WithWait replaces the timer that a Transport waits on, in tests. It returns nil when the duration
// has passed, and ctx's error when that ends first.
func WithWait(wait func(ctx context.Context, duration time.Duration) error) Option {
	return func(s *Signer) error {
		if wait == nil {
			return errors.New("client: WithWait: the timer is nil")
		}
		s.wait = wait
		return nil
	}
}

func waitOnTimer(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
