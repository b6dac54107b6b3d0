package filekeys

import (
	"net/netip"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// Record is one key as a key file holds it: what a [server.Key] says, and when its secrets were
// made.
type Record struct {
	// ID is the key id, 1 to 128 of [A-Za-z0-9._~-]. One of the form ck_<environment>_… must name
	// the record's environment.
	ID string
	// Environment is the region of the verifiers that accept the key, 1 to 64 of [a-z0-9-].
	Environment string
	// Scopes are what the key may do, each 1 to 128 printable ASCII characters without space,
	// comma, quote or backslash.
	Scopes []string
	// Dialects are those in which the key may sign; empty means CS4 alone.
	Dialects []canonical.Dialect
	// ExpiresAt is the instant from which the key is refused; the zero time means never.
	ExpiresAt time.Time
	// Secrets are the key's secrets, newest first, at least one, at most
	// [server.MaxActiveSecrets] of them active.
	Secrets []Secret
	// Disabled refuses the key.
	Disabled bool
	// Sources are the networks from which the key may be used; empty means any.
	Sources []netip.Prefix
	// RateTier names the key's rate limits, 1 to 64 of [A-Za-z0-9._-]; empty means the default.
	RateTier string
	// UnsignedPayload allows requests whose body is not signed.
	UnsignedPayload bool
	// SignContent asks for Content-Type and Content-Encoding to be signed in the AWS4 dialect too.
	SignContent bool
	// SignatureNonce allows requests of the AWS4 dialect that have no nonce: the signature takes its
	// place. Only for signers that cannot add a header.
	SignatureNonce bool
}

// Secret is one secret of a record.
type Secret struct {
	// Secret is the shared secret itself.
	Secret canonical.Secret
	// CreatedAt is when it was made; the zero time means unknown.
	CreatedAt time.Time
	// NotAfter is the last instant at which it is active; the zero time means no end.
	NotAfter time.Time
}

// Active reports whether the secret may sign at now.
func (s Secret) Active(now time.Time) bool {
	return s.NotAfter.IsZero() || !now.After(s.NotAfter)
}

// Imported reports whether the secret was made elsewhere: it has not the form cs_<environment>_…,
// and so no checksum, and no randomness that Countersign could vouch for.
func (s Secret) Imported() bool { return keyrules.Imported(s.Secret) }

// ActiveSecrets returns how many of the record's secrets may sign at now.
func (r *Record) ActiveSecrets(now time.Time) int {
	active := 0
	for _, secret := range r.Secrets {
		if secret.Active(now) {
			active++
		}
	}
	return active
}

// Clone returns a deep copy (but for the secrets, which never change).
func (r *Record) Clone() Record {
	clone := *r
	clone.Scopes = slices.Clone(r.Scopes)
	clone.Dialects = slices.Clone(r.Dialects)
	clone.Secrets = slices.Clone(r.Secrets)
	clone.Sources = slices.Clone(r.Sources)
	return clone
}

// equal reports whether two records say the same.
func (r *Record) equal(other *Record) bool {
	return r.equalButSecrets(other) && r.Disabled == other.Disabled &&
		slices.EqualFunc(r.Secrets, other.Secrets, Secret.equal)
}

// equalButSecrets leaves out what rotation and revocation change: the secrets and Disabled.
func (r *Record) equalButSecrets(other *Record) bool {
	return r.ID == other.ID && r.Environment == other.Environment &&
		slices.Equal(r.Scopes, other.Scopes) && slices.Equal(r.Dialects, other.Dialects) &&
		r.ExpiresAt.Equal(other.ExpiresAt) && slices.Equal(r.Sources, other.Sources) &&
		r.RateTier == other.RateTier && r.UnsignedPayload == other.UnsignedPayload &&
		r.SignContent == other.SignContent && r.SignatureNonce == other.SignatureNonce
}

func (s Secret) equal(other Secret) bool {
	return s.Secret.Equal(other.Secret) && s.CreatedAt.Equal(other.CreatedAt) && s.NotAfter.Equal(other.NotAfter)
}

// key returns the record as a verifier reads it at now. Secrets that are no longer active come
// last: a verifier looks at the first MaxActiveSecrets alone, and drops those past their NotAfter
// by its own clock. previous, which may be nil, is the same key before: a secret that was there
// already keeps its value, and with it its memo of signing keys.
func (r *Record) key(now time.Time, previous *server.Key) *server.Key {
	key := &server.Key{
		ID: r.ID, Environment: r.Environment, Scopes: r.Scopes, Dialects: r.Dialects,
		ExpiresAt: r.ExpiresAt, Disabled: r.Disabled, Sources: r.Sources, RateTier: r.RateTier,
		UnsignedPayload: r.UnsignedPayload, SignContent: r.SignContent, SignatureNonce: r.SignatureNonce,
	}
	var ended []server.KeySecret
	for _, secret := range r.Secrets {
		held := server.KeySecret{Secret: secret.Secret, NotAfter: secret.NotAfter}
		if previous != nil {
			for _, known := range previous.Secrets {
				if known.Secret.Equal(held.Secret) {
					held.Secret = known.Secret
				}
			}
		}
		if secret.Active(now) {
			key.Secrets = append(key.Secrets, held)
		} else {
			ended = append(ended, held)
		}
	}
	key.Secrets = append(key.Secrets, ended...)
	return key
}
