package vaultcreds

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/countersign-dev/countersign/client"
)

// What refused requests may ask of Vault beyond the background's reads: a burst, then one question
// in a while, however many requests are refused.
const (
	refreshBurst = 3
	refreshEvery = 5 * time.Second
)

// Refresh looks in Vault, because a secret was refused, and returns the newest that it knows, be that
// settled or not. It waits for at most Options.Timeout. Callers at one time share
// a question, and a secret that stays wrong makes no more than one in five seconds.
func (s *Source) Refresh(ctx context.Context, _ client.Credentials) (client.Credentials, error) {
	if s.state.Load() == nil {
		return client.Credentials{}, errNotOpen
	}
	asked := time.Now()
	ctx, stop := context.WithTimeout(ctx, s.options.Timeout)
	defer stop()
	select {
	case s.reading <- struct{}{}:
		// Whoever waited for another's question has its answer.
		if s.began.Before(asked) && s.limiter.Allow() {
			s.update(ctx)
		}
		<-s.reading
	case <-ctx.Done():
		return client.Credentials{}, context.Cause(ctx)
	}
	known := s.state.Load()
	if known.gone != nil {
		return client.Credentials{}, known.gone
	}
	return known.succession.newest(), nil
}

// follow reads in the background until ctx ends.
func (s *Source) follow(ctx context.Context) {
	defer close(s.stopped)
	for {
		timer := time.NewTimer(s.options.Refresh - rand.N(s.options.Refresh/10+1))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		select {
		case s.reading <- struct{}{}:
			s.update(ctx)
			<-s.reading
		case <-ctx.Done():
			return
		}
	}
}

// first reads a key of which nothing is known. Where its secret is fresh, the one before it is
// looked for, because some verifier may not have seen the change yet.
func (s *Source) first(ctx context.Context) *state {
	s.began = time.Now()
	r, err := s.read(ctx, 0)
	if err != nil {
		return &state{err: err}
	}
	now := s.options.Now()
	known := &state{version: r.version, readAt: now, succession: succession{{credentials: r.credentials}}}
	for v := r; !v.revokePrevious && v.version > 1 && now.Sub(v.created) < s.options.Settle; {
		if v, err = s.read(ctx, v.version-1); err != nil {
			break // without it, the newest has to do
		}
		if !v.credentials.Secret.Equal(r.credentials.Secret) {
			known.succession[0].since = now
			known.succession = append(known.succession, held{credentials: v.credentials})
			break
		}
	}
	return known
}

// update reads the record again, and keeps what it knows when Vault does not answer. The caller
// holds reading.
func (s *Source) update(ctx context.Context) {
	s.began = time.Now()
	before := s.state.Load()
	r, err := s.read(ctx, 0)
	if ctx.Err() != nil && err != nil {
		return // the caller gave up, which says nothing of Vault
	}
	next := s.after(before, r, err)
	s.report(before, next)
	s.state.Store(next)
}

// after is what is known after an answer.
func (s *Source) after(before *state, r *record, err error) *state {
	now := s.options.Now()
	next := *before
	switch {
	case errors.Is(err, errDeleted) || errors.Is(err, client.ErrNoCredentials):
		if !errors.Is(err, client.ErrNoCredentials) {
			err = fmt.Errorf("%w: key %s: %w", client.ErrNoCredentials, s.keyID, err)
		}
		return &state{version: before.version, readAt: now, gone: err, succession: before.succession}
	case err != nil:
		next.err = err
		return &next
	}
	next.version, next.readAt, next.gone, next.err = r.version, now, nil, nil
	switch {
	case r.credentials.Secret.Equal(before.succession.newest().Secret):
		if r.revokePrevious {
			next.succession = succession{{credentials: before.succession.newest()}}
		}
	case r.revokePrevious || before.gone != nil:
		next.succession = succession{{credentials: r.credentials}}
	default:
		next.succession = before.succession.with(r.credentials, now, s.options.Settle)
	}
	return &next
}

// report logs what changed.
func (s *Source) report(before, next *state) {
	logger := s.options.Logger.With("key_id", s.keyID)
	switch {
	case next.gone != nil && before.gone == nil:
		logger.Error("the key may not sign any more", "error", next.gone)
	case next.err != nil && before.err == nil:
		logger.Warn("vault could not be read; signing goes on with the secret known last", "error", next.err)
	case next.err == nil && before.err != nil, next.gone == nil && before.gone != nil:
		logger.Info("the key was read from Vault again", "version", next.version)
	case next.gone == nil && next.version != before.version:
		logger.Info("the key's record changed", "version", next.version)
	}
}
