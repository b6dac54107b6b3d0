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
		if !s.headOnly && s.hasBody() && s.req.ContentLength != 0 {
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
	held := s.activeSecrets()
	var keys [MaxActiveSecrets]canonical.SigningKey // of the active secrets, then of dummies
	known, derived := 0, 0
	for _, form := range s.request.Forms() {
		s.canonical = s.request.AppendCanonical(s.canonical[:0], form, s.payloadHash)
		s.toSign = s.request.AppendStringToSign(s.toSign[:0], s.canonical)
		for i := range keys {
			if i == known {
				var memoised bool
				if keys[i], memoised = s.signingKeyOf(i, held); !memoised {
					derived++
				}
				known++
			}
			sum := keys[i].Sum(s.toSign)
			if hmac.Equal(sum[:], signature[:]) && i < len(held) {
				s.signingKey, s.decision.Form, s.decision.SecretIndex = keys[i], form, held[i]
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

// signingKeyOf returns the signing key of the i-th active secret, or of a dummy in its place, and
// whether it was memoised.
func (s *verification) signingKeyOf(i int, active []int) (key canonical.SigningKey, memoised bool) {
	secret := s.v.dummies[i]
	if i < len(active) {
		secret = s.key.Secrets[active[i]].Secret
	}
	if key, memoised = secret.Memoised(s.request.Dialect, s.request.Scope); !memoised {
		key = secret.SigningKey(s.request.Dialect, s.request.Scope)
	}
	return key, memoised
}

// activeSecrets returns the indexes in Key.Secrets of those that are active, at most
// MaxActiveSecrets; none of a request whose key may not sign it.
func (s *verification) activeSecrets() []int {
	active := s.active[:0]
	if s.key == nil {
		return active
	}
	for i := range s.key.Secrets {
		if len(active) < MaxActiveSecrets && s.key.Secrets[i].active(s.now) {
			active = append(active, i)
		}
	}
	return active
}

func (k *KeySecret) active(now time.Time) bool {
	return !k.Secret.IsZero() && (k.NotAfter.IsZero() || !now.After(k.NotAfter))
}
