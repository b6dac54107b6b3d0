package vaultkeys

import (
	"crypto/sha256"
	"sync"

	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// owners tells which key each secret in force belongs to: two keys must not have one in common,
// because a request of one could then be sent again as the other's. SPEC §12. A key owns its secrets
// from when it was first read until it is gone, also while nobody uses it.
type owners struct {
	mu   sync.Mutex
	ids  map[[sha256.Size]byte]string   // guarded by mu
	held map[string][][sha256.Size]byte // guarded by mu: what each id owns
}

// take makes id the owner of these secrets alone, unless another key owns one of them: then id owns
// nothing, and a *FieldError says so.
func (o *owners) take(id string, secrets []RecordSecret) *FieldError {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(id)
	digests := make([][sha256.Size]byte, len(secrets))
	for i, secret := range secrets {
		digests[i] = keyrules.Digest(secret.Secret)
		if owner, owned := o.ids[digests[i]]; owned {
			return &FieldError{Field: "secret", Problem: "key " + owner + " has this secret, or had it lately, too, so that a request of one could be sent again as the other's: " +
				"give each key a secret of its own"}
		}
	}
	if o.ids == nil {
		o.ids, o.held = make(map[[sha256.Size]byte]string), make(map[string][][sha256.Size]byte)
	}
	for _, digest := range digests {
		o.ids[digest] = id
	}
	o.held[id] = digests
	return nil
}

// release says that id owns nothing any more.
func (o *owners) release(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(id)
}

// drop is release for those who hold o.mu.
func (o *owners) drop(id string) {
	for _, digest := range o.held[id] {
		delete(o.ids, digest)
	}
	delete(o.held, id)
}
