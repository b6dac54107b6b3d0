// Package contest compares contestants within one run: on a machine that others use too, figures
// from two runs cannot be compared. [Rounds] is where it starts.
package contest

import "slices"

// Rounds measures every contestant once a round, each round in another order, and returns the
// results by contestant, then round.
func Rounds[T any](rounds int, contestants ...func() (T, error)) ([][]T, error) {
	results := make([][]T, len(contestants))
	for round := range rounds {
		for i := range contestants {
			turn := (round + i) % len(contestants)
			result, err := contestants[turn]()
			if err != nil {
				return nil, err
			}
			results[turn] = append(results[turn], result)
		}
	}
	return results, nil
}

// Each returns a figure of every result.
func Each[T any](results []T, figure func(T) float64) []float64 {
	figures := make([]float64, len(results))
	for i, result := range results {
		figures[i] = figure(result)
	}
	return figures
}

// Median returns the middle figure, or the mean of the two in the middle; figures are not empty.
func Median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Ratio returns the median of ours over theirs, round by round: what disturbs a whole round disturbs
// both.
func Ratio(ours, theirs []float64) float64 {
	quotients := make([]float64, len(ours))
	for i := range ours {
		quotients[i] = ours[i] / theirs[i]
	}
	return Median(quotients)
}
