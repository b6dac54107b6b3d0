package workload

import (
	"math"
	"sync/atomic"
	"time"
)

// schedule hands out the moments at which requests are due. A limiter of rates would not do: it
// forgives what was not sent in time, and the stall that delayed it is never measured.
type schedule struct {
	rate     float64 // a second; 0 = at once
	duration time.Duration
	requests int64 // 0 = any number
	began    time.Time
	taken    atomic.Int64
	sent     atomic.Int64
}

// next takes the next request. Its due moment is zero when it is due at once; ok is false when
// there are no more.
func (s *schedule) next(now time.Time) (due time.Time, ok bool) {
	index := s.taken.Add(1) - 1
	switch {
	case s.requests > 0 && index >= s.requests:
		return due, false
	case s.duration > 0 && now.Sub(s.began) >= s.duration:
		return due, false
	case s.rate == 0:
		return due, true
	}
	offset := time.Duration(float64(index) / s.rate * float64(time.Second))
	if s.duration > 0 && offset >= s.duration {
		return due, false
	}
	return s.began.Add(offset), true
}

// unsent is how many requests had been due at a moment and were never sent.
func (s *schedule) unsent(at time.Time) int64 {
	if s.rate == 0 {
		return 0
	}
	elapsed := at.Sub(s.began)
	if s.duration > 0 {
		elapsed = min(elapsed, s.duration)
	}
	due := int64(math.Ceil(elapsed.Seconds() * s.rate))
	if s.requests > 0 {
		due = min(due, s.requests)
	}
	return max(0, due-s.sent.Load())
}
