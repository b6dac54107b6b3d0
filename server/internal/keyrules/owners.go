package keyrules

import (
	"crypto/sha256"

	"github.com/countersign-dev/countersign/canonical"
)

// Owners tells which key each secret belongs to. A signature binds the key id by its secret alone
// (SPEC §12), so that a request of one key could be sent again under the id of another with the same
// secret: two keys must not have one in common. The zero value is ready to use.
type Owners struct{ ids map[[sha256.Size]byte]string }

// Add notes that secret belongs to the key id. If it belongs to another one already, that one is
// returned, and stays the owner.
func (o *Owners) Add(secret canonical.Secret, id string) (other string, shared bool) {
	if o.ids == nil {
		o.ids = make(map[[sha256.Size]byte]string)
	}
	digest := Digest(secret)
	owner, known := o.ids[digest]
	if known && owner != id {
		return owner, true
	}
	o.ids[digest] = id
	return "", false
}

// Digest stands for a secret where secrets are compared: nothing in memory repeats their text.
func Digest(secret canonical.Secret) [sha256.Size]byte {
	return sha256.Sum256([]byte(secret.Reveal()))
}
