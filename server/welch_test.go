package server_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// median is that of sorted times.
func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

// below returns the times of a, sorted, that lie below the higher of both 90th percentiles: what lies
// above is the machine's doing.
func below(a, b []time.Duration) []time.Duration {
	limit := max(a[len(a)*9/10], b[len(b)*9/10])
	end, _ := slices.BinarySearch(a, limit)
	return a[:end]
}

// welch returns Welch's t of two samples; 0 where neither varies.
func welch(a, b []time.Duration) float64 {
	meanA, varianceA := moments(a)
	meanB, varianceB := moments(b)
	spread := math.Sqrt(varianceA/float64(len(a)) + varianceB/float64(len(b)))
	if spread == 0 {
		return 0
	}
	return (meanA - meanB) / spread
}

// moments returns the mean and the variance of a sample, in nanoseconds and their square.
func moments(sample []time.Duration) (mean, variance float64) {
	for _, d := range sample {
		mean += float64(d) / float64(len(sample))
	}
	for _, d := range sample {
		variance += (float64(d) - mean) * (float64(d) - mean) / float64(max(1, len(sample)-1))
	}
	return mean, variance
}

func TestWelchTellsSamplesApart(t *testing.T) {
	a := []time.Duration{27, 20, 21, 22, 23, 24, 25, 26} // mean 23.5, variance 6
	b := []time.Duration{30, 31, 32, 33, 34}             // mean 32, variance 2.5
	require.InDelta(t, -8.5/math.Sqrt(6./8+2.5/5), welch(a, b), 1e-9)
	require.InDelta(t, -welch(a, b), welch(b, a), 1e-9)
	require.Zero(t, welch(a, a))
}
