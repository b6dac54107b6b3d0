package vaultcreds

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
)

// Source signs with one key of Vault's. It is safe for concurrent use. The zero value has no
// credentials: use [Open].
type Source struct {
	keyID   string
	options Options
	vault   *session // under reading
	state   atomic.Pointer[state]

	reading chan struct{} // holds one element while somebody reads: one question at a time
	began   time.Time     // under reading; when the last read began
	limiter *rate.Limiter // of reads beyond those in the background

	stop    context.CancelFunc
	stopped chan struct{} // closed when the background reader has ended
}

var _ client.Refresher = (*Source)(nil)

// state is what a Source knows; it is replaced, never changed.
type state struct {
	succession succession // empty: the key may not sign
	version    int
	readAt     time.Time
	gone       error // why the key may not sign; wraps client.ErrNoCredentials
	err        error // why the last read did not succeed
}

// Status tells how a Source stands, for health checks.
type Status struct {
	// KeyID is the key that signs.
	KeyID string
	// Version is the version of the record in Vault that was read last.
	Version int
	// ReadAt is when Vault last answered.
	ReadAt time.Time
	// Err is why the last attempt to read did not succeed, or why the key may not sign; nil when all
	// is well. Signing goes on with the secret known last while Vault does not answer.
	Err error
}

// Open logs in to Vault, reads the current secret of a key, and follows it until Close. It waits
// for Vault for at most Options.Timeout.
//
// The token needs the capability read on <mount>/data/<prefix>/<key id> alone.
func Open(ctx context.Context, keyID string, options Options) (*Source, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := canonical.CheckKeyID(keyID); err != nil {
		return nil, fmt.Errorf("vaultcreds: %w", err)
	}
	first, cancel := context.WithTimeout(ctx, options.Timeout)
	defer cancel()
	s := &Source{
		keyID: keyID, options: options, reading: make(chan struct{}, 1), stopped: make(chan struct{}),
		limiter: rate.NewLimiter(rate.Every(refreshEvery), refreshBurst),
	}
	if s.vault, err = newSession(options); err != nil {
		return nil, fmt.Errorf("vaultcreds: %w", err)
	}
	if s.state.Store(s.first(first)); s.state.Load().err != nil {
		s.vault.close()
		return nil, fmt.Errorf("vaultcreds: %w", s.state.Load().err)
	}
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.follow(background)
	return s, nil
}

var errNotOpen = fmt.Errorf("%w: a Source is made by vaultcreds.Open", client.ErrNoCredentials)

// Credentials returns the secret to sign with now. It never waits for Vault. Its error wraps
// [client.ErrNoCredentials] when the key was deleted or disabled in Vault.
func (s *Source) Credentials(context.Context) (client.Credentials, error) {
	known := s.state.Load()
	switch {
	case known == nil:
		return client.Credentials{}, errNotOpen
	case known.gone != nil:
		return client.Credentials{}, known.gone
	}
	return known.succession.current(known.readAt, s.options.Settle), nil
}

// Status tells how the source stands.
func (s *Source) Status() Status {
	known := s.state.Load()
	if known == nil {
		return Status{Err: errNotOpen}
	}
	return Status{KeyID: s.keyID, Version: known.version, ReadAt: known.readAt, Err: errors.Join(known.gone, known.err)}
}

// Close stops following Vault, and returns when nothing of the source runs any more. The secret
// known last goes on signing.
func (s *Source) Close() error {
	if s.stop != nil {
		s.stop()
		<-s.stopped
		s.vault.close()
	}
	return nil
}
