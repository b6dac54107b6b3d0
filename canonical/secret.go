package canonical

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// Secret is a shared secret: the whole text that the user holds, checksum and all. It prints as
// "[redacted]" however it is formatted or marshalled; [Secret.Reveal] alone gives the text. The
// zero value is no secret: what it signs is random, so that nothing verifies against it.
//
// Copies share one memo of derived signing keys. A rotated secret is a new value, so that no memo
// can ever answer with another secret's key.
type Secret struct{ held *heldSecret }

type heldSecret struct {
	// text is behind a function so that what prints values by reflection, unexported fields and
	// all, finds no text.
	text func() string
	memo atomic.Pointer[[]memoised]
}

type memoised struct {
	dialect Dialect
	scope   Scope
	key     SigningKey
}

// memoSize holds two dialects on every date that a verifier looks at: it pins region and service,
// and refuses before any hashing what is signed more than a day outside its window, which for the
// longest presigned URL is eight days.
const memoSize = 2 * 12

// NewSecret wraps text; of no text it makes no secret. It checks no form: see [ParseSecret].
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	text = strings.Clone(text)
	return Secret{held: &heldSecret{text: func() string { return text }}}
}

// IsZero reports whether s is no secret.
func (s Secret) IsZero() bool { return s.held == nil }

// Reveal returns the secret's text. Whoever calls it answers for where the text goes.
func (s Secret) Reveal() string {
	if s.held == nil {
		return ""
	}
	return s.held.text()
}

// Equal compares two secrets in constant time (their lengths are not hidden).
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// SigningKey returns the key derived for a dialect and scope, memoised inside the secret for the
// scopes last asked for. SPEC §4.5.
func (s Secret) SigningKey(d Dialect, scope Scope) SigningKey {
	if key, ok := s.Memoised(d, scope); ok {
		return key
	}
	if s.held == nil {
		return SigningKey{}
	}
	key := s.Derive(d, scope)
	// The scope's parts are slices of the request's header; the memo must not keep that alive.
	owned := Scope{Date: strings.Clone(scope.Date), Region: strings.Clone(scope.Region), Service: strings.Clone(scope.Service)}
	next := append(make([]memoised, 0, memoSize), memoised{d, owned, key})
	known := s.held.memo.Load()
	if known != nil {
		next = append(next, (*known)[:min(len(*known), memoSize-1)]...)
	}
	// A lost race only costs the other one's derivation again.
	s.held.memo.CompareAndSwap(known, &next)
	return key
}

// Memoised returns the signing key for a dialect and scope if SigningKey has derived it lately. A
// verifier asks it so that it can make up, on a refusal, for derivations that were not needed.
func (s Secret) Memoised(d Dialect, scope Scope) (key SigningKey, ok bool) {
	if s.held == nil {
		return SigningKey{}, false
	}
	if known := s.held.memo.Load(); known != nil {
		for i := range *known {
			if m := &(*known)[i]; m.dialect == d && m.scope == scope {
				return m.key, true
			}
		}
	}
	return SigningKey{}, false
}

// Derive returns the signing key for a dialect and scope, derived anew and not memoised. SPEC §4.5.
func (s Secret) Derive(d Dialect, scope Scope) SigningKey {
	if s.held == nil {
		return SigningKey{}
	}
	return deriveSigningKey(s.held.text(), d, scope)
}

const redacted = "[redacted]"

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]" whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]": secrets are written by those who call Reveal, never by accident.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "[redacted]", as MarshalText does.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalBinary returns "[redacted]", as MarshalText does.
func (s Secret) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }
