package workload

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScheduleSpreadsRequestsEvenly(t *testing.T) {
	began := time.Unix(1_800_000_000, 0)
	s := &schedule{rate: 4, duration: time.Second, began: began}
	for i := range 4 {
		due, ok := s.next(began)
		require.True(t, ok)
		assert.Equal(t, began.Add(time.Duration(i)*250*time.Millisecond), due)
	}
	_, ok := s.next(began)
	assert.False(t, ok, "the fifth is due when the time is over")
	s.sent.Store(2)
	assert.Equal(t, int64(0), s.unsent(began.Add(300*time.Millisecond)))
	assert.Equal(t, int64(1), s.unsent(began.Add(600*time.Millisecond)))
	assert.Equal(t, int64(2), s.unsent(began.Add(time.Hour)))
}

func TestScheduleEndsByTimeOrNumber(t *testing.T) {
	began := time.Unix(1_800_000_000, 0)
	s := &schedule{duration: time.Second, began: began}
	due, ok := s.next(began.Add(999 * time.Millisecond))
	assert.True(t, ok)
	assert.Zero(t, due, "at once")
	_, ok = s.next(began.Add(time.Second))
	assert.False(t, ok)
	assert.Zero(t, s.unsent(began.Add(time.Hour)), "nothing was due by itself")

	s = &schedule{rate: 1000, requests: 2, began: began}
	for range 2 {
		_, ok = s.next(began)
		assert.True(t, ok)
	}
	_, ok = s.next(began)
	assert.False(t, ok)
	assert.Equal(t, int64(2), s.unsent(began.Add(time.Hour)))
}

func TestTimer(t *testing.T) {
	timer, err := newTimer()
	require.NoError(t, err)
	began := time.Now()
	timer.wait(0)
	timer.wait(-time.Hour)
	for range 3 {
		timer.wait(5 * time.Millisecond)
	}
	assert.GreaterOrEqual(t, time.Since(began), 15*time.Millisecond)
	done := make(chan struct{})
	go func() { timer.wait(time.Hour); close(done) }()
	time.Sleep(10 * time.Millisecond) // nothing tells that wait has begun; if it has not, it returns at once
	timer.stop()
	<-done
	timer.wait(time.Hour) // has been stopped
	timer.stop()
}
