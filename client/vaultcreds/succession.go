package vaultcreds

import (
	"time"

	"github.com/countersign-dev/countersign/client"
)

// maxHeld is the newest secret and two behind it: a key has at most four active secrets, so that a
// client that is two behind is accepted however fast the key is rotated.
const maxHeld = 3

// succession are the secrets of one key that a verifier may accept now, newest first. It is never
// changed: a new secret makes a new succession.
type succession []held

type held struct {
	credentials client.Credentials
	since       time.Time // when it came into force, by our clock; zero: long ago
}

// current is the newest secret that had been in force for settle when Vault last answered, at asOf:
// verifiers read Vault every now and then, and one that has not seen a new secret yet refuses it,
// while the one before is good for the whole overlap. In an outage of Vault nobody sees anything
// new, so that time does not count. Where none has settled it is the oldest.
func (s succession) current(asOf time.Time, settle time.Duration) client.Credentials {
	for _, h := range s {
		if h.since.IsZero() || asOf.Sub(h.since) >= settle {
			return h.credentials
		}
	}
	return s[len(s)-1].credentials
}

// newest is the newest secret, settled or not.
func (s succession) newest() client.Credentials { return s[0].credentials }

// with returns the succession after a secret came into force. Secrets behind one that has settled
// are forgotten.
func (s succession) with(credentials client.Credentials, now time.Time, settle time.Duration) succession {
	next := succession{{credentials: credentials, since: now}}
	for _, h := range s {
		next = append(next, h)
		if len(next) == maxHeld || now.Sub(h.since) >= settle {
			break
		}
	}
	return next
}
