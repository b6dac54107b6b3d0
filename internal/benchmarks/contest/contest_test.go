package contest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
)

func TestRoundsAlternate(t *testing.T) {
	var order string
	contestant := func(name string) func() (string, error) {
		return func() (string, error) { order += name; return name, nil }
	}
	results, err := contest.Rounds(4, contestant("a"), contestant("b"), contestant("c"))
	require.NoError(t, err)
	assert.Equal(t, "abc"+"bca"+"cab"+"abc", order)
	assert.Equal(t, [][]string{{"a", "a", "a", "a"}, {"b", "b", "b", "b"}, {"c", "c", "c", "c"}}, results)

	broken := errors.New("broken")
	_, err = contest.Rounds(4, contestant("a"), func() (string, error) { return "", broken })
	assert.ErrorIs(t, err, broken)
}

func TestMedianAndRatio(t *testing.T) {
	assert.InDelta(t, 2, contest.Median([]float64{3, 1, 2}), 0)
	assert.InDelta(t, 2.5, contest.Median([]float64{4, 1, 2, 3}), 0)
	assert.InDelta(t, 2, contest.Ratio([]float64{2, 4, 100}, []float64{1, 2, 1}), 0, "round by round")
}

func TestTurnCostsWhatTheOperationComputes(t *testing.T) {
	var sink []byte
	calls := 0
	operation := func() (func() error, error) {
		return func() error {
			calls++
			for began := time.Now(); time.Since(began) < 50*time.Microsecond; {
			}
			sink = make([]byte, 64)
			return nil
		}, nil
	}
	var timing contest.Timing
	require.NoError(t, contest.OnProcessors(1, func() error {
		turn, err := contest.Turn(operation, 5*time.Millisecond)
		if err != nil {
			return err
		}
		calls = 0
		timing, err = turn()
		return err
	}))
	assert.NotEmpty(t, sink)
	assert.Positive(t, calls)
	assert.Greater(t, timing.Nanoseconds, 1000.0) // less than the 50 µs that pass, where others compute meanwhile
	assert.InDelta(t, 1, timing.Allocations, 0.5)

	broken := errors.New("broken")
	_, err := contest.Turn(func() (func() error, error) { return func() error { return broken }, nil }, time.Millisecond)
	assert.ErrorIs(t, err, broken)
}
