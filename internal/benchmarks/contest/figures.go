package contest

// Nanoseconds returns what each turn took for one operation.
func Nanoseconds(turns []Timing) []float64 {
	return Each(turns, func(t Timing) float64 { return t.Nanoseconds })
}

// Allocations returns the median of a contestant's allocations for one operation.
func Allocations(turns []Timing) float64 {
	return Median(Each(turns, func(t Timing) float64 { return t.Allocations }))
}
