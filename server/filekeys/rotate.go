package filekeys

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// ErrTooManySecrets: a rotation would make one active secret too many. SPEC §6.
var ErrTooManySecrets = fmt.Errorf("a key may have %d active secrets", server.MaxActiveSecrets)

// Rotation says how [Record.Rotate] goes about it.
type Rotation struct {
	// Now is the time of the rotation.
	Now time.Time
	// Overlap is how long the secrets before stay active; 0 ends them at once.
	Overlap time.Duration
	// Force drops the oldest active secrets where there would be too many.
	Force bool
}

// Rotate puts secret in front of the others, which stay active for the overlap, or for less where
// they end sooner; secrets that have ended are removed. It returns how many active ones it dropped
// to make room, which it does only by force: else it returns ErrTooManySecrets and changes nothing.
func (r *Record) Rotate(secret canonical.Secret, rotation Rotation) (dropped int, err error) {
	if rotation.Overlap < 0 {
		return 0, errors.New("the overlap must not be negative")
	}
	var kept []Secret
	end := whole(rotation.Now.Add(rotation.Overlap))
	for _, earlier := range r.Secrets {
		if !earlier.Active(rotation.Now) || rotation.Overlap == 0 {
			continue
		}
		if earlier.NotAfter.IsZero() || earlier.NotAfter.After(end) {
			earlier.NotAfter = end
		}
		kept = append(kept, earlier)
	}
	if over := len(kept) + 1 - server.MaxActiveSecrets; over > 0 {
		if !rotation.Force {
			return 0, fmt.Errorf("%w, and this one has them", ErrTooManySecrets)
		}
		kept, dropped = kept[:len(kept)-over], over
	}
	r.Secrets = append([]Secret{{Secret: secret, CreatedAt: whole(rotation.Now)}}, kept...)
	return dropped, nil
}

// RevokeSecret removes the secret at index, counted from the newest, 0. A key's last active secret
// cannot be removed: the key would be refused all the same, and nobody could see why.
func (r *Record) RevokeSecret(index int, now time.Time) error {
	if index < 0 || index >= len(r.Secrets) {
		return fmt.Errorf("there is no secret %d: the key has %d, counted from 0, the newest", index, len(r.Secrets))
	}
	rest := slices.Delete(slices.Clone(r.Secrets), index, index+1)
	without := Record{Secrets: rest}
	if without.ActiveSecrets(now) == 0 {
		return errors.New("this is the key's last active secret: rotate first, or revoke the whole key")
	}
	r.Secrets = rest
	return nil
}
