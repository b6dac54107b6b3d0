package signing

import (
	"fmt"

	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
	"github.com/countersign-dev/countersign/internal/benchmarks/report"
)

// goals are how many times faster than aws-sdk-go-v2 signing should be, by kind of request.
var goals = map[string]float64{"GET": 5, "POST 1 KiB": 4}

// Rows returns two comparisons of each outcome.
func Rows(outcomes []Outcome) []report.Row {
	var rows []report.Row
	for _, o := range outcomes {
		what := fmt.Sprintf("sign, %s, %s", o.Kind.Name, report.Processors(o.Processors))
		aws := report.Row{What: what, Ours: figures(o.Countersign), Other: "aws-sdk-go-v2: " + figures(o.AWS)}
		faster := contest.Ratio(contest.Nanoseconds(o.AWS), contest.Nanoseconds(o.Countersign))
		aws.Ratio = report.Ratio(faster) + " faster"
		goal, set := goals[o.Kind.Name]
		if set {
			aws.Goal, aws.Met = fmt.Sprintf("≥ %v ×", goal), faster >= goal
		}
		minio := report.Row{What: what, Ours: figures(o.Countersign), Other: "minio-go: " + figures(o.Minio)}
		minio.Ratio = report.Ratio(contest.Ratio(contest.Nanoseconds(o.Minio), contest.Nanoseconds(o.Countersign))) + " faster"
		aws.Brief = set && o.Processors == 1
		minio.Brief = aws.Brief
		rows = append(rows, aws, minio)
	}
	return rows
}

func figures(turns []contest.Timing) string {
	return fmt.Sprintf("%s, %.0f allocations", report.Duration(contest.Median(contest.Nanoseconds(turns))), contest.Allocations(turns))
}
