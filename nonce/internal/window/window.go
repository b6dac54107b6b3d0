// Package window is the exact in-memory picture of all live claims, and makes the first-use
// decision for every store of this module that runs in one process.
//
// It holds three bounds beside the claims, and refuses whatever lies on the wrong side of one: the
// floor on signed time, the drop line on expiry, and now. It never evicts: a claim leaves only when
// the drop line has passed its expiry, and from then on the drop line refuses it.
//
// Times are nanoseconds since 1970 ([Nanos]); claims are kept to the whole second, rounded up, so
// that one is never forgotten early.
package window

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is nonce.Clock, declared here because package nonce imports this one.
type Clock interface {
	Now() time.Time
	SinceBoot() time.Duration
}

// reader is a Clock that reads both at once.
type reader interface {
	Read() (now time.Time, sinceBoot time.Duration)
}

// Config sets up a Window. All fields are required.
type Config struct {
	// Capacity bounds the claims held, KeyShare those of one key.
	Capacity, KeyShare int
	Clock              Clock
	// Jump is how far the wall clock may run ahead of the boot-time clock between two looks;
	// beyond it the floor rises to the new time plus Hold.
	Jump, Hold time.Duration
}

// Window is safe for concurrent use.
type Window struct {
	index *index
	watch *watch

	floor    atomic.Int64 // only rises
	dropLine atomic.Int64 // only rises

	sweeping sync.Mutex   // held during a Sweep
	swept    atomic.Int64 // the drop line of the last Sweep that is done
}

// New returns an empty window without floor or drop line.
func New(c Config) *Window {
	w := &Window{index: newIndex(c.Capacity, c.KeyShare)}
	w.watch = newWatch(c.Clock, c.Jump, func(now time.Time) {
		w.RaiseFloor(add(Nanos(now), int64(c.Hold)))
	})
	return w
}

// Look reads the clocks and returns the wall time. If that has jumped ahead, the floor has risen
// before Look returns, here and everywhere else.
func (w *Window) Look() (now int64) { return Nanos(w.watch.look()) }

// Offset is the wall clock minus the boot-time clock as of the last Look, in nanoseconds.
func (w *Window) Offset() int64 { return w.watch.offset.Load() }

// Admit judges the times alone: Won means that none of the bounds stands against them.
func (w *Window) Admit(now, signed, expires int64) Verdict {
	if floor := w.floor.Load(); signed <= floor {
		return Verdict{BelowFloor, floor}
	}
	if expires <= now {
		return Verdict{Expired, now}
	}
	if line := w.dropLine.Load(); expires <= line {
		return Verdict{BelowDropLine, line}
	}
	return Verdict{Kind: Won}
}

// Claim records id until expires if nothing stands against it: Won goes to exactly one caller for
// as long as the first claim lives. A store that waits before it answers must ask Admit again then.
func (w *Window) Claim(now int64, id [24]byte, signed, expires int64) Verdict {
	if verdict := w.Admit(now, signed, expires); verdict.Kind != Won {
		return verdict
	}
	before := w.swept.Load()
	verdict := w.index.claim(now, id, expires, &w.dropLine)
	if verdict.NoRoom() {
		// Some of what was in the way may be below the drop line; perhaps another caller has just
		// swept it out.
		w.Sweep()
		if w.swept.Load() != before {
			verdict = w.index.claim(now, id, expires, &w.dropLine)
		}
	}
	return verdict
}

// Restore puts back a claim that a store has read from disk, whatever the bounds. If id is there
// already, the later expiry stands.
func (w *Window) Restore(id [24]byte, expires int64) { w.index.restore(id, expires) }

// Live reports whether id is claimed and has not expired at now.
func (w *Window) Live(now int64, id [24]byte) bool { return w.index.live(now, id) }

// Held is the number of claims that take up room: the live ones and those that have expired since
// the last Drop.
func (w *Window) Held() int { return int(w.index.held.Load()) }

// IsFull reports whether there is no room for another claim.
func (w *Window) IsFull() bool { return w.index.held.Load() >= w.index.capacity }

// Floor returns the floor on signed time.
func (w *Window) Floor() int64 { return w.floor.Load() }

// DropLine returns the drop line on expiry.
func (w *Window) DropLine() int64 { return w.dropLine.Load() }

// RaiseFloor moves the floor up to at, never down, and returns whether it moved.
func (w *Window) RaiseFloor(at int64) bool { return raise(&w.floor, at) }

// Drop moves the drop line up to line, never down; claims that expire at or before it are
// forgotten, part by part as later claims come by, or all at once by Sweep. A store that outlives
// the process records the line durably first.
func (w *Window) Drop(line int64) bool { return raise(&w.dropLine, line) }

// Sweep forgets at once everything below the drop line. It has an effect once for each move of the
// line; whoever comes meanwhile waits until it is done.
func (w *Window) Sweep() {
	line := w.dropLine.Load()
	if w.swept.Load() >= line {
		return
	}
	w.sweeping.Lock()
	defer w.sweeping.Unlock()
	if w.swept.Load() < line {
		w.index.sweep(line)
		w.swept.Store(line)
	}
}

func raise(bound *atomic.Int64, to int64) bool {
	for {
		old := bound.Load()
		if to <= old {
			return false
		}
		if bound.CompareAndSwap(old, to) {
			return true
		}
	}
}

// Nanos returns t in nanoseconds since 1970, clamped to what an int64 holds; times before 1970
// become 0, which lies at or below every floor.
func Nanos(t time.Time) int64 {
	switch s := t.Unix(); {
	case s < 0:
		return 0
	case s >= math.MaxInt64/int64(time.Second):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// Time is the inverse of Nanos.
func Time(nanos int64) time.Time { return time.Unix(0, nanos).UTC() }

// add returns at + d without overflow; d is not negative.
func add(at, d int64) int64 {
	if at > math.MaxInt64-d {
		return math.MaxInt64
	}
	return at + d
}

// seconds returns at in whole seconds, rounded up, as the index keeps it.
func seconds(at int64) (uint32, bool) {
	s := at / int64(time.Second)
	if at%int64(time.Second) > 0 {
		s++
	}
	return uint32(s), s <= math.MaxUint32
}
