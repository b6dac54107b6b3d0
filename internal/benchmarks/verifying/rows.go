package verifying

import (
	"fmt"

	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
	"github.com/countersign-dev/countersign/internal/benchmarks/report"
)

// goals are how many times the floor verifying may cost, by kind of request.
var goals = map[string]float64{"GET": 2.5, "POST 1 KiB": 2}

// Rows returns one comparison of each outcome.
func Rows(outcomes []Outcome) []report.Row {
	var rows []report.Row
	for _, o := range outcomes {
		times := contest.Ratio(contest.Nanoseconds(o.Verifier), contest.Nanoseconds(o.Floor))
		row := report.Row{
			What:  fmt.Sprintf("verify but claim, %s, %s", o.Kind.Name, report.Processors(o.Processors)),
			Ours:  fmt.Sprintf("%s, %.0f allocations", report.Duration(contest.Median(contest.Nanoseconds(o.Verifier))), contest.Allocations(o.Verifier)),
			Other: "its hashing alone: " + report.Duration(contest.Median(contest.Nanoseconds(o.Floor))),
			Ratio: report.Ratio(times) + " as long",
		}
		if goal, set := goals[o.Kind.Name]; set {
			row.Goal, row.Met = fmt.Sprintf("≤ %v ×", goal), times <= goal
			row.Brief = o.Processors == 1
		}
		rows = append(rows, row)
	}
	return rows
}
