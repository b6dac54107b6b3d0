package window

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// steady is how far wall and boot-time clock may drift apart before watch reads them again
	// with care; two readings one after the other are microseconds apart.
	steady = 10 * time.Millisecond
	// torn is how long a careful reading may take; a longer one was interrupted and is repeated.
	torn = 50 * time.Millisecond
)

// watch compares wall and boot-time clock. What it follows is their offset, wall minus boot, which
// changes only when the wall clock is stepped.
type watch struct {
	clock  Clock
	both   func() (now time.Time, sinceBoot time.Duration) // of clock, at once or one after the other
	limit  time.Duration
	jumped func(now time.Time)

	mu     sync.Mutex   // guards a change of offset
	offset atomic.Int64 // nanoseconds, at the last look that found it moved
}

// newWatch returns a watch that calls jumped before any look can return a time after the jump.
func newWatch(clock Clock, limit time.Duration, jumped func(now time.Time)) *watch {
	w := &watch{clock: clock, limit: limit, jumped: jumped}
	w.both = func() (time.Time, time.Duration) { return clock.Now(), clock.SinceBoot() }
	if r, ok := clock.(reader); ok {
		w.both = r.Read
	}
	_, offset := w.read()
	w.offset.Store(offset)
	return w
}

// look returns the wall time. If that has jumped ahead by more than the limit since the last look,
// jumped has been called.
func (w *watch) look() time.Time {
	now, sinceBoot := w.both()
	offset := Nanos(now) - int64(sinceBoot)
	if d := offset - w.offset.Load(); -int64(steady) < d && d < int64(steady) {
		return now
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now, offset = w.read()
	if offset-w.offset.Load() > int64(w.limit) {
		// Before the offset is stored: until then every other look comes through here and waits.
		w.jumped(now)
	}
	w.offset.Store(offset)
	return now
}

// read reads both clocks so close to each other that a pause of this goroutine between the two
// does not look like a jump.
func (w *watch) read() (now time.Time, offset int64) {
	for range 10 {
		before := w.clock.SinceBoot()
		now = w.clock.Now()
		after := w.clock.SinceBoot()
		offset = Nanos(now) - int64(after)
		if after-before < torn {
			break
		}
	}
	return now, offset
}
