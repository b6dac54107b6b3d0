// Package secretuse remembers when the older secrets of keys were last used, so that whoever rotated
// a key can tell when its clients have moved on.
package secretuse

import (
	"context"
	"sync"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// maxKeys bounds the keys that are remembered. Beyond it those are forgotten whose older secrets
// were not used for the longest time.
const maxKeys = 20000

// Recorder remembers, for keys that are being rotated, when each secret but the newest last signed
// a request. What was before the process began it does not know. It is safe for concurrent use, and
// a request that the newest secret signed costs it nothing.
type Recorder struct {
	keys  server.KeySource
	now   func() time.Time
	began time.Time
	limit int

	mu sync.Mutex
	// recent and earlier are two generations: when recent holds half of the limit it becomes the
	// earlier one, and what was earlier is forgotten.
	recent, earlier map[string]*uses
}

// uses are the last uses of a key's older secrets. It knows the secrets by themselves, because their
// places change with every rotation.
type uses []use

type use struct {
	secret canonical.Secret
	last   time.Time
}

// New returns a recorder for the keys of a source. now is the clock.
func New(keys server.KeySource, now func() time.Time) *Recorder {
	return &Recorder{keys: keys, now: now, began: now(), limit: maxKeys, recent: make(map[string]*uses)}
}

// Observe takes down a decision of a verifier; it is made for [server.Policy]'s Observe. A request
// that was refused after its signature had been verified counts as well: its client holds the secret.
//
// A decision tells a secret by its place alone. Where the key changed between the verification and
// this call, the use is taken for one of the secret that has come to that place.
func (r *Recorder) Observe(ctx context.Context, d server.Decision) {
	if !d.KeyProved || d.SecretIndex == 0 {
		return
	}
	key, err := r.keys.Key(ctx, d.KeyID)
	if err != nil || d.SecretIndex >= len(key.Secrets) {
		return // it was revoked just now
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(d.KeyID).add(key.Secrets[d.SecretIndex].Secret, d.Time)
}

// of returns the uses of a key, which become the recent ones. The caller holds mu.
func (r *Recorder) of(id string) *uses {
	if known, ok := r.recent[id]; ok {
		return known
	}
	if len(r.recent) >= r.limit/2 {
		r.recent, r.earlier = make(map[string]*uses), r.recent
	}
	known, ok := r.earlier[id]
	if !ok {
		known = new(uses)
	}
	delete(r.earlier, id)
	r.recent[id] = known
	return known
}

func (u *uses) add(secret canonical.Secret, at time.Time) {
	for i := range *u {
		if (*u)[i].secret.Equal(secret) {
			if at.After((*u)[i].last) {
				(*u)[i].last = at
			}
			return
		}
	}
	if len(*u) == server.MaxActiveSecrets { // the first has been rotated out since
		*u = append((*u)[:0], (*u)[1:]...)
	}
	*u = append(*u, use{secret: secret, last: at})
}

// last returns when a secret of a key was last used, or the zero time.
func (r *Recorder) last(id string, secret canonical.Secret) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, generation := range []map[string]*uses{r.recent, r.earlier} {
		if known, ok := generation[id]; ok {
			for _, u := range *known {
				if u.secret.Equal(secret) {
					return u.last
				}
			}
		}
	}
	return time.Time{}
}
