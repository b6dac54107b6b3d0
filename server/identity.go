package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// Identity is who signed a request that was accepted.
type Identity struct {
	KeyID       string
	Environment string
	Scopes      []string // the key's; not to be changed
	Dialect     canonical.Dialect
	Mode        canonical.Mode
	SignedAt    time.Time // whole seconds, UTC
	RequestID   string
	RateTier    string
	// SignedHeaders are the names that the signature covers, lower-case, sorted, joined by ";". What
	// any other header says is nobody's word.
	SignedHeaders string
	// BodySHA256 is the SHA-256 of the body in lower-case hex, that of no bytes where there is none, or
	// [canonical.HashUnsignedPayload] where the key may send bodies that are not signed.
	BodySHA256 string
	// Reusable says that the same request may be accepted again: it is a presigned URL of a route
	// with ReusablePresigned. Any other request is accepted once.
	Reusable bool
}

// HasScope reports whether the key has a scope.
func (id *Identity) HasScope(scope string) bool {
	return id != nil && slices.Contains(id.Scopes, scope)
}

// Signed reports whether the signature covers a header; name may be in any case.
func (id *Identity) Signed(name string) bool {
	if id == nil {
		return false
	}
	name = strings.ToLower(name)
	for rest, more := id.SignedHeaders, true; more; {
		var signed string
		if signed, rest, more = strings.Cut(rest, ";"); signed == name {
			return true
		}
	}
	return false
}

type identityKey struct{}

// NewContext returns a context that carries id, for [IdentityFrom].
func NewContext(ctx context.Context, id *Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// IdentityFrom returns the identity of the request that ctx belongs to; ok is false where no
// verifier has accepted it.
func IdentityFrom(ctx context.Context) (id *Identity, ok bool) {
	id, ok = ctx.Value(identityKey{}).(*Identity)
	return id, ok && id != nil
}

// CheckScope returns the refusal of an identity that lacks a scope, or nil. No identity lacks every
// scope.
func CheckScope(id *Identity, scope string) *Rejection {
	if id.HasScope(scope) {
		return nil
	}
	rejection := reject(canonical.InsufficientScope, "the key lacks the scope "+scope)
	if id != nil {
		rejection.RequestID = id.RequestID
	} else {
		rejection.RequestID = newRequestID()
	}
	return rejection
}
