package vectorrun

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/testvectors"
)

// newVerifier makes the verifier that verifier.json describes.
func newVerifier(settings *testvectors.Verifier, store nonce.Store, now time.Time, observe func(context.Context, server.Decision)) (*server.Verifier, error) {
	keys := make([]*server.Key, len(settings.Keys))
	for i := range settings.Keys {
		key, err := keyOf(&settings.Keys[i])
		if err != nil {
			return nil, fmt.Errorf("verifier.json: key %s: %w", settings.Keys[i].ID, err)
		}
		keys[i] = key
	}
	return server.NewVerifier(server.NewStaticKeys(keys...), store, server.Policy{
		Region:            settings.Region,
		Service:           settings.Service,
		MaxBody:           settings.MaxBody,
		MaxUnhashedBody:   settings.MaxUnhashedBody,
		MaxPresignExpires: time.Duration(settings.PresignMaxExpires) * time.Second,
		RequireSigned:     settings.RequireSigned,
		Routes:            routesOf(settings),
		Observe:           observe,
		Now:               func() time.Time { return now },
	})
}

// routesOf gives the paths of reusable presigned URLs a route each, and the others one together.
func routesOf(settings *testvectors.Verifier) []server.Route {
	var routes []server.Route
	for _, path := range settings.ReusablePresigned {
		routes = append(routes, server.Route{Match: "GET " + path, ReusablePresigned: true})
	}
	if routes != nil {
		routes = append(routes, server.Route{Match: "/"})
	}
	return routes
}

func keyOf(k *testvectors.Key) (*server.Key, error) {
	key := &server.Key{
		ID: k.ID, Environment: k.Environment, Scopes: k.Scopes, Disabled: k.Disabled, Sources: k.Sources,
		UnsignedPayload: k.UnsignedPayload, SignatureNonce: k.SignatureNonce,
	}
	if k.ExpiresAt != nil {
		key.ExpiresAt = *k.ExpiresAt
	}
	for _, name := range k.Dialects {
		dialect, ok := canonical.ParseDialect(name)
		if !ok {
			return nil, fmt.Errorf("there is no dialect %q", name)
		}
		key.Dialects = append(key.Dialects, dialect)
	}
	for _, s := range k.Secrets {
		secret, _, _, err := canonical.ParseSecret(s.Secret)
		if err != nil {
			return nil, err
		}
		parsed := server.KeySecret{Secret: secret}
		if s.NotAfter != nil {
			parsed.NotAfter = *s.NotAfter
		}
		key.Secrets = append(key.Secrets, parsed)
	}
	return key, nil
}

// countingStore counts the claims that were granted.
type countingStore struct {
	*nonce.Memory
	claims int
}

var (
	_ nonce.Store  = (*countingStore)(nil)
	_ nonce.Peeker = (*countingStore)(nil)
)

// Claim claims, and counts.
func (s *countingStore) Claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error {
	err := s.Memory.Claim(ctx, id, signed, expires)
	if err == nil {
		s.claims++
	}
	return err
}

// stoppedClock stands at one instant.
type stoppedClock time.Time

var _ nonce.Clock = stoppedClock{}

// Now returns the instant.
func (c stoppedClock) Now() time.Time { return time.Time(c) }

// SinceBoot returns an hour.
func (stoppedClock) SinceBoot() time.Duration { return time.Hour }

func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	return io.ReadAll(body)
}
