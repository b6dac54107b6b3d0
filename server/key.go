package server

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// MaxActiveSecrets is how many secrets of one key may be active at a time. Every failing request
// costs as many MACs, whatever key it names. SPEC §6.
const MaxActiveSecrets = 4

// Key is the record of one API key. A verifier only reads it; a KeySource hands out a new value
// when the record changes.
type Key struct {
	// ID is the key id, 1 to 128 of [A-Za-z0-9._~-].
	ID string
	// Environment must equal the verifier's region.
	Environment string
	// Scopes are what the key may do ("orders:read"), for [Identity.HasScope] and route policy.
	Scopes []string
	// Secrets are the active ones, newest first, 1 to MaxActiveSecrets; a record with more is
	// verified with the first MaxActiveSecrets.
	Secrets []KeySecret
	// Dialects are those in which the key may sign; empty means CS4 alone.
	Dialects []canonical.Dialect
	// ExpiresAt is the instant from which the key is refused; the zero time means never.
	ExpiresAt time.Time
	// Disabled refuses the key.
	Disabled bool
	// Sources are the networks from which the key may be used; empty means any.
	Sources []netip.Prefix
	// RateTier names the key's rate limits; empty means the default tier.
	RateTier string
	// UnsignedPayload allows requests whose body is not signed (UNSIGNED-PAYLOAD).
	UnsignedPayload bool
	// SignContent asks, in the AWS4 dialect too, for Content-Type and Content-Encoding to be signed
	// when present. Off by default, because some AWS signers never sign them.
	SignContent bool
	// SignatureNonce allows requests of the AWS4 dialect that have no nonce, from signers that cannot
	// add one: the signature takes its place, and two equal requests signed within one second count
	// as one. SPEC §3.2.
	SignatureNonce bool
}

// KeySecret is one secret of a key.
type KeySecret struct {
	Secret canonical.Secret
	// NotAfter ends the rotation overlap: the secret is no longer active after it. The zero time
	// means never.
	NotAfter time.Time
}

// ErrUnknownKey is what a KeySource answers for an id that it knows not to exist.
var ErrUnknownKey = errors.New("unknown key")

// KeySource looks up keys. Implementations are safe for concurrent use, and quick: a verifier asks
// on every request, also for ids that an attacker made up.
type KeySource interface {
	// Key returns the current record of id, or an error wrapping ErrUnknownKey, or any other error
	// when it cannot tell, which the verifier answers with 503. The id fits the grammar of key ids.
	// The caller must not change the record.
	Key(ctx context.Context, id string) (*Key, error)
}

// StaticKeys is a KeySource of records in memory, by their IDs.
type StaticKeys map[string]*Key

var _ KeySource = StaticKeys(nil)

// Key returns the record of id, or ErrUnknownKey.
func (k StaticKeys) Key(_ context.Context, id string) (*Key, error) {
	if key, ok := k[id]; ok {
		return key, nil
	}
	return nil, ErrUnknownKey
}

// NewStaticKeys returns a source of these records. No two of them may have a secret in common: a
// signature binds the key id by its secret alone, so that a request of one could be sent again as
// the other's. SPEC §6.
func NewStaticKeys(keys ...*Key) StaticKeys {
	source := make(StaticKeys, len(keys))
	for _, key := range keys {
		source[key.ID] = key
	}
	return source
}

func (k *Key) hasScope(scope string) bool { return slices.Contains(k.Scopes, scope) }

func (k *Key) allows(d canonical.Dialect) bool {
	if len(k.Dialects) == 0 {
		return d == canonical.CS4
	}
	for _, allowed := range k.Dialects {
		if allowed == d {
			return true
		}
	}
	return false
}
