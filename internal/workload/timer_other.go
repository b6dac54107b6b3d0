//go:build !linux

package workload

import (
	"sync"
	"time"
)

// timer waits as precisely as the Go runtime does.
type timer struct {
	stopped chan struct{}
	once    sync.Once
}

func newTimer() (*timer, error) { return &timer{stopped: make(chan struct{})}, nil }

// wait returns when the duration has passed, or at once when the timer has been stopped.
func (t *timer) wait(duration time.Duration) {
	if duration <= 0 {
		return
	}
	wake := time.NewTimer(duration)
	defer wake.Stop()
	select {
	case <-wake.C:
	case <-t.stopped:
	}
}

func (t *timer) stop() { t.once.Do(func() { close(t.stopped) }) }
