package filekeys

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// The checks below never put the value they refuse into the error: a secret that was pasted into
// the wrong place must not reach a log.

func checkID(id string) error {
	if strings.HasPrefix(id, "cs_") {
		return errors.New("a key id must not begin with cs_, as secrets do: was the secret put in its place?")
	}
	if !canonical.ValidKeyID(id) {
		return errors.New("a key id must be 1 to 128 of A-Z a-z 0-9 . _ ~ -")
	}
	return nil
}

func checkEnvironment(environment string) error {
	if !canonical.ValidRegion(environment) {
		return errors.New("an environment must be 1 to 64 of a-z 0-9 -, such as live or test")
	}
	return nil
}

// checkIDEnvironment compares the environment that an id of our form names with the record's.
func checkIDEnvironment(id, environment string) error {
	rest, ours := strings.CutPrefix(id, "ck_")
	named, _, found := strings.Cut(rest, "_")
	if ours && found && canonical.ValidRegion(named) && named != environment {
		return errors.New("the id names another environment than the record: an id that begins with ck_ goes on with the key's own environment")
	}
	return nil
}

func checkScope(scope string) error {
	if len(scope) < 1 || len(scope) > 128 || strings.ContainsFunc(scope, func(c rune) bool {
		return c <= ' ' || c > '~' || c == ',' || c == '"' || c == '\'' || c == '\\'
	}) {
		return errors.New("a scope must be 1 to 128 printable ASCII characters without space, comma, quotes or backslash, such as orders:read")
	}
	return nil
}

func checkTier(tier string) error {
	if len(tier) < 1 || len(tier) > 64 || strings.ContainsFunc(tier, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("._-", c))
	}) {
		return errors.New("a rate tier must be 1 to 64 of A-Z a-z 0-9 . _ -")
	}
	return nil
}

// parseSource reads a network in CIDR form. Host bits are refused, because they show that someone
// meant another network than the one they would get.
func parseSource(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errors.New("a source must be a network in CIDR form, such as 10.0.0.0/8 or 2001:db8::7/128")
	}
	return prefix, checkSource(prefix)
}

func checkSource(prefix netip.Prefix) error {
	switch {
	case !prefix.IsValid():
		return errors.New("a source must be a valid network")
	case prefix.Addr().Is4In6():
		return errors.New("write an IPv4 source as IPv4, such as 10.0.0.0/8, not mapped into IPv6")
	case prefix != prefix.Masked():
		return fmt.Errorf("this source has bits set beyond its prefix length: write %s, or a longer prefix", prefix.Masked())
	}
	return nil
}

// checkSecret checks the text of a secret of a key of environment.
func checkSecret(text, environment string) (canonical.Secret, error) {
	secret, named, native, err := canonical.ParseSecret(text)
	if err != nil {
		return canonical.Secret{}, err
	}
	if native && named != environment {
		return canonical.Secret{}, fmt.Errorf("the secret was made for environment %s, and the record is of another: make one with countersign keys rotate", named)
	}
	return secret, nil
}

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
	checks := []error{checkID(r.ID), checkEnvironment(r.Environment), checkIDEnvironment(r.ID, r.Environment)}
	for _, scope := range r.Scopes {
		checks = append(checks, checkScope(scope))
	}
	for _, prefix := range r.Sources {
		checks = append(checks, checkSource(prefix))
	}
	for _, dialect := range r.Dialects {
		if dialect.Names().Name == "" {
			checks = append(checks, errors.New(unknownDialect))
		}
	}
	if r.RateTier != "" {
		checks = append(checks, checkTier(r.RateTier))
	}
	if len(r.Secrets) == 0 {
		checks = append(checks, errors.New("a key must have at least one secret"))
	}
	for _, secret := range r.Secrets {
		_, err := checkSecret(secret.Secret.Reveal(), r.Environment)
		checks = append(checks, err)
	}
	if doubled(r.Scopes, same) || doubled(r.Dialects, same) || doubled(r.Sources, same) ||
		doubled(r.Secrets, func(a, b Secret) bool { return a.Secret.Equal(b.Secret) }) {
		checks = append(checks, errors.New("a scope, dialect, source or secret is named twice"))
	}
	if max(len(r.Scopes), len(r.Sources), len(r.Secrets)) > maxListed {
		checks = append(checks, fmt.Errorf("a key may list at most %d scopes, sources or secrets", maxListed))
	}
	for _, err := range append(checks, checkActive(r.ActiveSecrets(now))) {
		if err != nil {
			return err
		}
	}
	return nil
}

const unknownDialect = "this dialect is unknown: write cs4 or aws4"
