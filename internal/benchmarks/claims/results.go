package main

import (
	"encoding/json"
	"os"
)

// result is what one contestant came to with so many live claims and callers: medians over the rounds.
type result struct {
	Live       int     `json:"live"`
	Callers    int     `json:"callers"`
	Contestant string  `json:"contestant"`
	PerSecond  float64 `json:"per_second"`
	P50        float64 `json:"p50"` // nanoseconds
	P99        float64 `json:"p99"`
	// Against is the contestant that it is compared with, or "", and Ratio how many times the claims a
	// second of that one it reached, round by round.
	Against string  `json:"against,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
}

// writeResults writes all results as JSON to the file that -json names.
func (t *table) writeResults() error {
	var all []result
	for _, live := range t.live {
		for _, callers := range t.callers {
			for _, name := range t.contestants {
				all = append(all, t.result(cell{live, name, callers}))
			}
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(t.results, append(text, '\n'), 0o600)
}

func (t *table) result(at cell) result {
	runs := t.runs[at]
	median := func(value func(measurement) float64) float64 {
		var all []float64
		for _, m := range runs {
			all = append(all, value(m))
		}
		return medianOf(all)
	}
	r := result{
		Live: at.live, Callers: at.callers, Contestant: at.name,
		PerSecond: median(func(m measurement) float64 { return m.PerSecond }),
		P50:       median(func(m measurement) float64 { return m.Median }),
		P99:       median(func(m measurement) float64 { return m.Slow }),
	}
	e, err := entryOf(at.name)
	base := t.runs[cell{at.live, e.against, at.callers}]
	if err == nil && len(base) > 0 {
		var all []float64
		for round, m := range runs {
			all = append(all, m.PerSecond/base[round].PerSecond)
		}
		r.Against, r.Ratio = e.against, medianOf(all)
	}
	return r
}
