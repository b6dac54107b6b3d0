package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

const (
	defaultBodyLimit = 1 << 20
	defaultMaxWait   = 10 * time.Second
)

// Signer signs requests with the key of a source, for one target. It is safe for concurrent use.
// The zero value refuses to sign: use [NewSigner].
type Signer struct {
	source        CredentialSource
	target        Target
	dialect       canonical.Dialect
	rules         canonical.Rules
	bodyLimit     int64         // bytes
	maxWait       time.Duration // for authenticated time's earliest
	clock         func() time.Time
	wait          func(context.Context, time.Duration) error
	offset        clockOffset // of the verifier's clock against ours
	configuration error       // what is wrong with the above
}

// NewSigner makes a Signer. What is wrong with its arguments is returned by [Signer.Check], and by
// every attempt to sign.
func NewSigner(source CredentialSource, target Target, options ...Option) *Signer {
	s := &Signer{
		source: source, target: target, dialect: canonical.CS4, bodyLimit: defaultBodyLimit,
		maxWait: defaultMaxWait, clock: time.Now, wait: waitOnTimer, configuration: target.check(),
	}
	if source == nil {
		s.configuration = errors.Join(s.configuration, errors.New("client: the source of credentials is nil"))
	}
	for _, option := range options {
		s.configuration = errors.Join(s.configuration, option(s))
	}
	return s
}

// Check returns what is wrong with the Signer's configuration, or with the key that its source
// yields, as far as that can be told without the verifier: the error that every attempt to sign
// would return.
func (s *Signer) Check(ctx context.Context) error {
	_, err := s.credentials(ctx)
	return err
}

// credentials returns the key to sign with now.
func (s *Signer) credentials(ctx context.Context) (Credentials, error) {
	if s.clock == nil {
		return Credentials{}, errors.New("client: a Signer is made by NewSigner")
	}
	if s.configuration != nil {
		return Credentials{}, s.configuration
	}
	credentials, err := s.source.Credentials(ctx)
	if err == nil {
		err = credentials.usable(s.target)
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("countersign: credentials: %w", err)
	}
	return credentials, nil
}

// now is the verifier's time as far as it is known.
func (s *Signer) now() time.Time { return s.clock().Add(s.offset.load()) }
