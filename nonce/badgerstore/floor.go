package badgerstore

import (
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/internal/window"
)

// What is logged beside a floor that lies ahead, one text for each cause: all say what the operator
// can do.
const (
	floorOfNewStore = "there was no nonce store in this directory: requests signed up to its floor are refused, since others may have accepted them; wait, or, for a first start with keys that no verifier has used in the last minutes, set initial: new"
	floorOfLoss     = "the nonce store may have lost claims, since the machine was restarted (or, without a boot id, the process) or a write had failed: requests signed up to its floor are refused; wait some seconds, or set the clock right if it is behind"
	floorOfJump     = "the clock has jumped ahead, as after the restore of a snapshot: requests signed up to the nonce store's floor are refused; wait, or, if it was set wrong, set it right, move the directory away and start with an empty one (initial: replacement)"
	floorSetBefore  = "the nonce store keeps to a floor set before, by \"countersign store raise-floor\", a jump of the clock or a first start: requests signed up to it are refused; wait, or, if it was set too high by mistake, move the directory away and start with an empty one (initial: replacement)"
)

// settle returns the floor to open with, and the text for its cause.
func (s *Store) settle(f found, initial nonce.Initial, now, offset int64) (floor int64, cause string) {
	raise := func(to int64, why string) {
		if to > floor {
			floor, cause = to, why
		}
	}
	raise(f.record.floor, floorSetBefore)
	switch hold := now + int64(nonce.ReplacementHold); {
	case !f.exists && initial == nonce.New:
	case !f.exists:
		raise(hold, floorOfNewStore)
	case !f.sameBoot:
		raise(max(f.record.ceiling, now), floorOfLoss)
	case offset-f.record.offset > int64(nonce.ClockJump):
		raise(hold, floorOfJump)
	}
	raise(s.window.Floor(), floorOfJump) // during the load
	return floor, cause
}

// warnOfFloor tells the operator why requests are refused.
func (s *Store) warnOfFloor(floor int64, cause string) {
	s.logger.Warn(cause, "path", s.path, "floor", window.Time(floor).Format(time.RFC3339))
}
