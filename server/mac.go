package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// emptyHash is the SHA-256 of no bytes.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// checkMAC is step 4. Without a content hash header the MAC covers the hash of the body that was
// received, which has to be read first: then a request out of time is refused before its body,
// and without authenticated time, since nobody has been proved yet.
func (s *verification) checkMAC(ctx context.Context) *Rejection {
	payloadHash := s.request.PayloadHash
	if payloadHash == "" {
		payloadHash = emptyHash
		if s.hasBody() {
			if reason := s.lateness(s.now); reason != "" {
				return reject(reason, "")
			}
			if rejection := s.readBody(s.v.policy.MaxUnhashedBody); rejection != nil {
				return rejection
			}
			payloadHash = s.bodyHash()
		}
	}
	if s.matches(payloadHash) {
		s.decision.KeyProved = true
		return nil
	}
	if s.keyRefusal != "" {
		return reject(s.keyRefusal, "")
	}
	return reject(canonical.SignatureMismatch, "")
}

// matches compares the signature with that of every active secret over every admitted form. A
// match ends the search; a failure has always cost MaxActiveSecrets MACs for each form, whatever
// key was named.
func (s *verification) matches(payloadHash string) bool {
	var signature [sha256.Size]byte
	var text [2 * sha256.Size]byte
	copy(text[:], s.request.Signature)
	if _, err := hex.Decode(signature[:], text[:]); err != nil {
		return false
	}
	var active [MaxActiveSecrets]canonical.SigningKey
	count := s.activeKeys(&active)
	for _, form := range s.request.Forms() {
		s.canonical = s.request.AppendCanonical(s.canonical[:0], form, payloadHash)
		s.toSign = s.request.AppendStringToSign(s.toSign[:0], s.canonical)
		for i, key := range active {
			sum := key.Sum(s.toSign)
			if hmac.Equal(sum[:], signature[:]) && i < count {
				s.signingKey, s.decision.Form, s.decision.SecretIndex = key, form, i
				return true
			}
		}
	}
	return false
}

// activeKeys fills active with the signing keys of the key's active secrets, then of dummies, and
// returns how many are the key's.
func (s *verification) activeKeys(active *[MaxActiveSecrets]canonical.SigningKey) (count int) {
	if s.key != nil {
		for _, secret := range s.key.Secrets {
			if count < len(active) && secret.active(s.now) {
				active[count] = secret.Secret.SigningKey(s.request.Dialect, s.request.Scope)
				count++
			}
		}
	}
	for i := count; i < len(active); i++ {
		active[i] = s.v.dummies[i].SigningKey(s.request.Dialect, s.request.Scope)
	}
	return count
}

func (k *KeySecret) active(now time.Time) bool {
	return !k.Secret.IsZero() && (k.NotAfter.IsZero() || !now.After(k.NotAfter))
}
