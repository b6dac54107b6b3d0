package filekeys

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// NewRecord returns a key of environment with a fresh id and secret, made at now.
func NewRecord(environment string, now time.Time) (Record, error) {
	if err := keyrules.CheckEnvironment(environment); err != nil {
		return Record{}, err
	}
	var random [10]byte
	_, _ = rand.Read(random[:]) // never fails
	return Record{
		ID:          canonical.FormatKeyID(environment, random),
		Environment: environment,
		Dialects:    []canonical.Dialect{canonical.CS4},
		Secrets:     []Secret{{Secret: NewSecret(environment), CreatedAt: whole(now)}},
	}, nil
}

// NewSecret returns a fresh random secret for a key of environment, which must fit the grammar of
// environments.
func NewSecret(environment string) canonical.Secret {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	return canonical.NewSecret(canonical.FormatSecret(environment, random))
}

// ImportSecret checks a secret that was made elsewhere, for a key of environment.
func ImportSecret(text, environment string) (canonical.Secret, error) {
	secret, err := keyrules.ParseSecret(text, environment)
	if err != nil {
		return canonical.Secret{}, fmt.Errorf("imported secret: %w", err)
	}
	return secret, nil
}

// whole returns the instant as key files write it.
func whole(instant time.Time) time.Time { return instant.UTC().Truncate(time.Second) }
