package vaultkeys

import (
	"net/netip"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// Fields are what one version of a key holds in Vault. The names there are secret, environment,
// scopes, dialects, expires_at, disabled, sources, rate_tier, unsigned_payload, sign_content and
// revoke_previous; any other is refused, so that a misspelt one is seen.
type Fields struct {
	// Secret is the shared secret; required.
	Secret canonical.Secret
	// Environment is the region of the verifiers that accept the key, 1 to 64 of [a-z0-9-];
	// required.
	Environment string
	// Scopes are what the key may do: a list, or one text with commas between them.
	Scopes []string
	// Dialects are those in which the key may sign, as Scopes are written; empty means CS4 alone.
	Dialects []canonical.Dialect
	// ExpiresAt is the instant from which the key is refused, RFC 3339; the zero time means never.
	ExpiresAt time.Time
	// Disabled refuses the key.
	Disabled bool
	// Sources are the networks from which the key may be used, as Scopes are written; empty means
	// any.
	Sources []netip.Prefix
	// RateTier names the key's rate limits; empty means the default.
	RateTier string
	// UnsignedPayload allows requests whose body is not signed.
	UnsignedPayload bool
	// SignContent asks for Content-Type and Content-Encoding to be signed in the AWS4 dialect too.
	SignContent bool
	// SignatureNonce allows requests of the AWS4 dialect that have no nonce: the signature takes its
	// place. Only for signers that cannot add a header.
	SignatureNonce bool
	// RevokePrevious ends the secrets of all earlier versions at once, without an overlap. It
	// counts in the version that says it and, because those before it are never looked at again,
	// for as long as that version exists.
	RevokePrevious bool
}

// FieldError says which field of a record is wrong, and how to put it right. It never holds a
// value.
type FieldError struct {
	Field   string // "" for the record as a whole
	Problem string
}

// Error returns "field: problem".
func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return e.Field + ": " + e.Problem
}

// Data returns the fields as Vault keeps them. Whoever calls it answers for where the secret goes.
func (f Fields) Data() map[string]any {
	data := map[string]any{"secret": f.Secret.Reveal(), "environment": f.Environment}
	put := func(name string, value any, present bool) {
		if present {
			data[name] = value
		}
	}
	put("scopes", texts(f.Scopes, func(s string) string { return s }), len(f.Scopes) > 0)
	put("dialects", texts(f.Dialects, canonical.Dialect.String), len(f.Dialects) > 0)
	put("expires_at", f.ExpiresAt.UTC().Format(time.RFC3339Nano), !f.ExpiresAt.IsZero())
	put("disabled", true, f.Disabled)
	put("sources", texts(f.Sources, netip.Prefix.String), len(f.Sources) > 0)
	put("rate_tier", f.RateTier, f.RateTier != "")
	put("unsigned_payload", true, f.UnsignedPayload)
	put("sign_content", true, f.SignContent)
	put("signature_nonce", true, f.SignatureNonce)
	put("revoke_previous", true, f.RevokePrevious)
	return data
}

func texts[T any](list []T, text func(T) string) []any {
	var all []any
	for _, element := range list {
		all = append(all, text(element))
	}
	return all
}

// Imported reports whether the secret was made elsewhere than by Countersign.
func (f Fields) Imported() bool { return keyrules.Imported(f.Secret) }
