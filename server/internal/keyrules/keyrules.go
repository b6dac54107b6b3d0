// Package keyrules holds the rules that a key's record must keep wherever it is kept. No error of
// theirs holds the value that it refuses: a secret that was pasted into the wrong place must not
// reach a log.
package keyrules

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// MaxListed is how many scopes, sources or secrets a key may list.
const MaxListed = 256

// ErrUnknownDialect: a name is that of no dialect.
var ErrUnknownDialect = errors.New("this dialect is unknown: write cs4 or aws4")

// CheckID refuses what is no key id.
func CheckID(id string) error { return canonical.CheckKeyID(id) }

// CheckEnvironment refuses what is no environment.
func CheckEnvironment(environment string) error {
	if !canonical.ValidRegion(environment) {
		return errors.New("an environment must be 1 to 64 of a-z 0-9 -, such as live or test")
	}
	return nil
}

// CheckIDEnvironment compares the environment that an id of our form names with the record's.
func CheckIDEnvironment(id, environment string) error {
	rest, ours := strings.CutPrefix(id, "ck_")
	named, _, found := strings.Cut(rest, "_")
	if ours && found && canonical.ValidRegion(named) && named != environment {
		return errors.New("the id names another environment than the record: an id that begins with ck_ goes on with the key's own environment")
	}
	return nil
}

// CheckScope refuses what is no scope.
func CheckScope(scope string) error {
	if len(scope) < 1 || len(scope) > 128 || strings.ContainsFunc(scope, func(c rune) bool {
		return c <= ' ' || c > '~' || c == ',' || c == '"' || c == '\'' || c == '\\'
	}) {
		return errors.New("a scope must be 1 to 128 printable ASCII characters without space, comma, quotes or backslash, such as orders:read")
	}
	return nil
}

// CheckTier refuses what is no rate tier.
func CheckTier(tier string) error {
	if len(tier) < 1 || len(tier) > 64 || strings.ContainsFunc(tier, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("._-", c))
	}) {
		return errors.New("a rate tier must be 1 to 64 of A-Z a-z 0-9 . _ -")
	}
	return nil
}

// ParseSource reads a network in CIDR form. Host bits are refused, because they show that someone
// meant another network than the one they would get.
func ParseSource(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errors.New("a source must be a network in CIDR form, such as 10.0.0.0/8 or 2001:db8::7/128")
	}
	return prefix, CheckSource(prefix)
}

// CheckSource refuses a network that [ParseSource] refuses.
func CheckSource(prefix netip.Prefix) error {
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

// ParseSecret reads the secret of a key of environment.
func ParseSecret(text, environment string) (canonical.Secret, error) {
	secret, named, native, err := canonical.ParseSecret(text)
	if err != nil {
		return canonical.Secret{}, err
	}
	if native && named != environment {
		return canonical.Secret{}, fmt.Errorf("the secret was made for environment %s, and the record is of another: make one with countersign keys rotate", named)
	}
	return secret, nil
}

// Imported reports whether a secret was made elsewhere: it has not the form cs_<environment>_…, and
// so no checksum, and no randomness that Countersign could vouch for.
func Imported(secret canonical.Secret) bool { return !strings.HasPrefix(secret.Reveal(), "cs_") }

// ParseDialect reads a dialect's name, cs4 or aws4.
func ParseDialect(name string) (canonical.Dialect, error) {
	dialect, ok := canonical.ParseDialect(name)
	if !ok {
		return 0, ErrUnknownDialect
	}
	return dialect, nil
}

// CheckSignatureNonce refuses a permission that could never be used: only the AWS4 dialect knows
// requests without a nonce.
func CheckSignatureNonce(allowed bool, dialects []canonical.Dialect) error {
	if allowed && !slices.Contains(dialects, canonical.AWS4) {
		return errors.New("a signature can take the nonce's place in the aws4 dialect alone: add aws4 to dialects, or leave this out")
	}
	return nil
}

// ParseInstant reads an instant, RFC 3339.
func ParseInstant(text string) (time.Time, error) {
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil || instant.IsZero() {
		return time.Time{}, errors.New("write a time such as 2027-06-30T00:00:00Z (RFC 3339)")
	}
	return instant, nil
}

// PrintableField returns a field's name for an error, after a space, or nothing if it is none that
// a person would mistype: a secret that stands where a name belongs stays unprinted.
func PrintableField(name string) string {
	if len(name) > 24 || strings.HasPrefix(name, "cs_") || strings.ContainsFunc(name, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-')
	}) {
		return ""
	}
	return " " + name
}
