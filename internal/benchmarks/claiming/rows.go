package claiming

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/countersign-dev/countersign/internal/benchmarks/report"
)

// goals are how many times the claims a second of one Badger transaction a claim are aimed at, by
// durability and callers.
var goals = map[string]map[int]float64{
	"os":    {128: 7, 16: 3, 1: 1},
	"fsync": {128: 25, 16: 4, 1: 1},
}

const ours = "badgerstore " // and the durability

// Rows returns a comparison of each of our stores with every other that was measured as it was, in
// the same durability or, for Redis, what comes nearest.
func Rows(results []Result) []report.Row {
	var rows []report.Row
	for _, our := range results {
		durability, found := strings.CutPrefix(our.Contestant, ours)
		if !found {
			continue
		}
		for _, other := range results {
			if other.Live != our.Live || other.Callers != our.Callers || other.Contestant == our.Contestant {
				continue
			}
			// All that share what they are compared with are of one durability.
			if other.Contestant == our.Against || other.Against == our.Against {
				rows = append(rows, row(our, other, durability))
			}
		}
	}
	return rows
}

func row(our, other Result, durability string) report.Row {
	r := report.Row{
		What:  fmt.Sprintf("claim, %s, %s, %s live", durability, english.Plural(our.Callers, "caller", ""), humanize.Comma(int64(our.Live))),
		Ours:  describe(our),
		Other: other.Contestant + ": " + describe(other),
		Ratio: report.Ratio(our.PerSecond/other.PerSecond) + " claims/s",
	}
	if other.Contestant == our.Against {
		r.Other = "a Badger transaction each: " + describe(other)
		r.Ratio = report.Ratio(our.Ratio) + " claims/s"
		if goal, set := goals[durability][our.Callers]; set {
			r.Goal, r.Met = fmt.Sprintf("≥ %v ×", goal), our.Ratio >= goal
			r.Brief = our.Callers > 1
		}
	}
	return r
}

func describe(r Result) string {
	return fmt.Sprintf("%s/s, p99 %s", humanize.Comma(int64(r.PerSecond)), report.Duration(r.P99))
}
