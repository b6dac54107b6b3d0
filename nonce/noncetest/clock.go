package noncetest

import (
	"sync"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// Clock is a [nonce.Clock] that moves only when told to. It is safe for concurrent use.
type Clock struct {
	mu        sync.Mutex
	wall      time.Time
	sinceBoot time.Duration
	onRead    func() // runs once, after the next reading of the wall time
}

var _ nonce.Clock = (*Clock)(nil)

// NewClock returns a clock whose wall time is at, on a machine that booted an hour before.
func NewClock(at time.Time) *Clock { return &Clock{wall: at, sinceBoot: time.Hour} }

// Now returns the wall time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	now, then := c.wall, c.onRead
	c.onRead = nil
	c.mu.Unlock()
	if then != nil {
		then()
	}
	return now
}

// AfterRead makes then run once, when the wall time has been read the next time: what happens
// between a store's first look at the clock and its answer.
func (c *Clock) AfterRead(then func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onRead = then
}

// SinceBoot returns the time since boot.
func (c *Clock) SinceBoot() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sinceBoot
}

// Advance lets d pass: both clocks move.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = c.wall.Add(d)
	c.sinceBoot += d
}

// Step sets the wall clock forward, or back if d is negative, while no time passes.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = c.wall.Add(d)
}
