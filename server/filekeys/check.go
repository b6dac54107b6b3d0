package filekeys

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// doubled reports whether an element stands in list twice.
func doubled[T any](list []T, equal func(a, b T) bool) bool {
	for i, element := range list {
		if slices.ContainsFunc(list[:i], func(earlier T) bool { return equal(element, earlier) }) {
			return true
		}
	}
	return false
}

func same[T comparable](a, b T) bool { return a == b }

func checkActive(active int) error {
	if active > server.MaxActiveSecrets {
		return fmt.Errorf("%d of the secrets are active, and %d is the most: remove the oldest, or give them a not_after that has passed", active, server.MaxActiveSecrets)
	}
	return nil
}

// Check reports what a key file would refuse in the record at now, and nil if nothing.
func (r *Record) Check(now time.Time) error {
	checks := []error{keyrules.CheckID(r.ID), keyrules.CheckEnvironment(r.Environment), keyrules.CheckIDEnvironment(r.ID, r.Environment)}
	if err := keyrules.CheckSignatureNonce(r.SignatureNonce, r.Dialects); err != nil {
		checks = append(checks, fmt.Errorf("signature_nonce: %w", err))
	}
	for _, scope := range r.Scopes {
		checks = append(checks, keyrules.CheckScope(scope))
	}
	for _, prefix := range r.Sources {
		checks = append(checks, keyrules.CheckSource(prefix))
	}
	for _, dialect := range r.Dialects {
		if dialect.Names().Name == "" {
			checks = append(checks, keyrules.ErrUnknownDialect)
		}
	}
	if r.RateTier != "" {
		checks = append(checks, keyrules.CheckTier(r.RateTier))
	}
	if len(r.Secrets) == 0 {
		checks = append(checks, errors.New("a key must have at least one secret"))
	}
	for _, secret := range r.Secrets {
		_, err := keyrules.ParseSecret(secret.Secret.Reveal(), r.Environment)
		checks = append(checks, err)
	}
	if doubled(r.Scopes, same) || doubled(r.Dialects, same) || doubled(r.Sources, same) ||
		doubled(r.Secrets, func(a, b Secret) bool { return a.Secret.Equal(b.Secret) }) {
		checks = append(checks, errors.New("a scope, dialect, source or secret is named twice"))
	}
	if max(len(r.Scopes), len(r.Sources), len(r.Secrets)) > keyrules.MaxListed {
		checks = append(checks, fmt.Errorf("a key may list at most %d scopes, sources or secrets", keyrules.MaxListed))
	}
	for _, err := range append(checks, checkActive(r.ActiveSecrets(now))) {
		if err != nil {
			return err
		}
	}
	return nil
}
