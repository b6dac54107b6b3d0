package nonce

import (
	"sync/atomic"
	"time"
)

// rebase is how far the wall clock may move against Go's monotonic clock before SystemClock asks
// the kernel for the boot time again: well below ClockJump, so that no jump is missed.
const rebase = 250 * time.Millisecond

// SystemClock is the machine's [Clock]. The zero value is ready to use; share one by pointer.
//
// On Linux SinceBoot is CLOCK_BOOTTIME; the system call is made only when the wall clock has moved
// against Go's monotonic clock, since the boot-time clock can only have left the latter while the
// machine slept, and then the wall clock has left it too. On Windows Go's monotonic clock counts
// sleep already. Elsewhere (macOS) it does not: a machine that has slept looks as if its wall clock
// had jumped ahead, and the stores refuse requests for 300 s after it wakes. That is the safe side.
type SystemClock struct {
	base atomic.Pointer[reading]
}

type reading struct {
	at   time.Time // monotonic
	wall int64     // nanoseconds since 1970
	boot time.Duration
}

var _ Clock = (*SystemClock)(nil)

// Now returns time.Now().
func (c *SystemClock) Now() time.Time { return time.Now() }

// SinceBoot returns the time since boot, exact to a quarter of a second.
func (c *SystemClock) SinceBoot() time.Duration {
	_, sinceBoot := c.Read()
	return sinceBoot
}

// Read returns Now and SinceBoot of the same instant, for the price of one. Whoever embeds a
// SystemClock to change the others must change it as well.
func (c *SystemClock) Read() (now time.Time, sinceBoot time.Duration) {
	now = time.Now()
	if base := c.base.Load(); base != nil {
		elapsed := now.Sub(base.at)
		moved := time.Duration(now.UnixNano()-base.wall) - elapsed
		if -rebase < moved && moved < rebase {
			return now, base.boot + elapsed
		}
	}
	var boot time.Duration
	for range 10 {
		now = time.Now()
		boot = bootTime()
		// Repeat a reading that was interrupted between its two halves.
		if time.Since(now) < 10*time.Millisecond {
			break
		}
	}
	c.base.Store(&reading{at: now, wall: now.UnixNano(), boot: boot})
	return now, boot
}

// processStart anchors Go's monotonic clock where there is no boot-time clock.
var processStart = time.Now()
