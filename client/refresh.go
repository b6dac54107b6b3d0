package client

import (
	"context"
	"net/http"

	"github.com/countersign-dev/countersign/canonical"
)

// Refresher is a [CredentialSource] that can be told that its key may have been rotated.
//
// A [Transport] asks it when a verifier has answered invalid_signature. Where Refresh returns
// another key or secret than the request was signed with, the request is signed with that, under a
// fresh nonce, and sent once more, but never a third time for this reason. Where it returns the
// same, or an error, the caller gets the verifier's answer as it came.
//
// Refresh is called from many goroutines at once, and by every request that is refused while a
// secret is wrong: an implementation asks its store for all of them together, no more than once in a
// while, and is bounded in time by a limit of its own beside ctx. Like Credentials, it returns the
// same value until the secret changes.
type Refresher interface {
	CredentialSource
	// Refresh returns the newest credentials, given those that were refused.
	Refresh(ctx context.Context, used Credentials) (Credentials, error)
}

// refusedForSecret reports whether resp refuses the request's signature, and a newer key has been
// found to sign with: the next attempt uses that. Otherwise resp reads as it came. The answer to
// HEAD has no body that could say why, so that a replay looks the same: it is never acted on.
func (a *attempt) refusedForSecret(resp *http.Response) bool {
	s := a.transport.signer
	source, can := s.source.(Refresher)
	if !can || resp.StatusCode != http.StatusUnauthorized || !saysCode(resp, canonical.CodeInvalidSignature) {
		return false
	}
	newer, err := source.Refresh(a.ctx, a.credentials)
	if err != nil || newer.usable(s.target) != nil {
		return false
	}
	if newer.KeyID == a.credentials.KeyID && newer.Secret.Equal(a.credentials.Secret) {
		return false
	}
	a.credentials = newer
	return true
}
