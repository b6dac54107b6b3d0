package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// checkMAC is step 4. Without a content hash header the MAC covers the hash of the body that was
// received, which has to be read first: then a request out of time is refused before its body,
// and without authenticated time, since nobody has been proved yet.
func (s *verification) checkMAC(context.Context) *Rejection {
	s.payloadHash = s.request.PayloadHash
	if s.payloadHash == "" {
		s.payloadHash = canonical.HashEmptyPayload
		if s.hasBody() && s.req.ContentLength != 0 {
			if reason := s.lateness(s.now); reason != "" {
				return reject(reason, "")
			}
			if rejection := s.readBody(s.v.policy.MaxUnhashedBody); rejection != nil {
				return rejection
			}
			hash := s.bodyHash()
			s.payloadHash = string(hash[:])
		}
	}
	if s.matches() {
		s.decision.KeyProved = true
		return nil
	}
	if s.keyRefusal != "" {
		return reject(s.keyRefusal, "")
	}
	return reject(canonical.SignatureMismatch, "")
}

// matches compares the signature with that of every active secret over every admitted form. A
// match ends the search; a failure has always cost MaxActiveSecrets MACs for each form, and as many
// derivations, whatever key was named.
func (s *verification) matches() bool {
	var signature [sha256.Size]byte
	var text [2 * sha256.Size]byte
	copy(text[:], s.request.Signature)
	if _, err := hex.Decode(signature[:], text[:]); err != nil {
		return false
	}
	active, derived := s.activeSecrets()
	for _, form := range s.request.Forms() {
		s.canonical = s.request.AppendCanonical(s.canonical[:0], form, s.payloadHash)
		s.toSign = s.request.AppendStringToSign(s.toSign[:0], s.canonical)
		for i := range active {
			sum := active[i].key.Sum(s.toSign)
			if hmac.Equal(sum[:], signature[:]) && !active[i].dummy {
				s.signingKey, s.decision.Form, s.decision.SecretIndex = active[i].key, form, active[i].index
				return true
			}
		}
	}
	// Whoever tries a key for the first time on a date, and an unknown one for the hundredth, must
	// not see which was derived now and which was memoised.
	for ; derived < MaxActiveSecrets; derived++ {
		s.v.dummies[derived].Derive(s.request.Dialect, s.request.Scope).Sum(s.toSign)
	}
	return false
}

// activeSecret is the signing key of one secret of a key, or of a dummy.
type activeSecret struct {
	key   canonical.SigningKey
	index int // in Key.Secrets
	dummy bool
}

// activeSecrets returns the signing keys of the key's active secrets, filled up with dummies, and
// how many of them had to be derived.
func (s *verification) activeSecrets() (active [MaxActiveSecrets]activeSecret, derived int) {
	count := 0
	add := func(secret canonical.Secret, entry activeSecret) {
		var memoised bool
		if entry.key, memoised = secret.Memoised(s.request.Dialect, s.request.Scope); !memoised {
			entry.key = secret.SigningKey(s.request.Dialect, s.request.Scope)
			derived++
		}
		active[count] = entry
		count++
	}
	if s.key != nil {
		for i := range s.key.Secrets {
			if secret := &s.key.Secrets[i]; count < len(active) && secret.active(s.now) {
				add(secret.Secret, activeSecret{index: i})
			}
		}
	}
	for count < len(active) {
		add(s.v.dummies[count], activeSecret{dummy: true})
	}
	return active, derived
}

func (k *KeySecret) active(now time.Time) bool {
	return !k.Secret.IsZero() && (k.NotAfter.IsZero() || !now.After(k.NotAfter))
}
