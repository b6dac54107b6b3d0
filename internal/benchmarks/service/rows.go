package service

import (
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
	"github.com/countersign-dev/countersign/internal/benchmarks/report"
)

const (
	goalOfPlain = 0.8 // of the requests/s of an API that checks nothing
	goalOfJWT   = 1.0 // of those of Echo's JWT middleware
)

// Rows returns four comparisons of each outcome.
func Rows(outcomes []Outcome) []report.Row {
	var rows []report.Row
	for _, o := range outcomes {
		rows = append(rows,
			o.speed("no check", o.Plain, goalOfPlain, ""),
			o.speed("Echo's JWT", o.JWT, goalOfJWT,
				fmt.Sprintf(" (%s no check)", report.Ratio(contest.Ratio(speeds(o.JWT), speeds(o.Plain))))),
			o.computed("no check", o.Plain),
			o.computed("Echo's JWT", o.JWT),
		)
	}
	return rows
}

func (o *Outcome) speed(name string, other []Result, goal float64, remark string) report.Row {
	ratio := contest.Ratio(speeds(o.Verifier), speeds(other))
	return report.Row{
		What:  fmt.Sprintf("Echo API, %s, driven by %s", o.Kind.Name, o.Driver.Name),
		Ours:  describe(o.Verifier),
		Other: name + ": " + describe(other) + remark,
		Ratio: report.Ratio(ratio) + " requests/s",
		Goal:  fmt.Sprintf("≥ %v ×", goal), Met: ratio >= goal, Brief: true,
	}
}

func (o *Outcome) computed(name string, other []Result) report.Row {
	ours, theirs := contest.Each(o.Verifier, computed), contest.Each(other, computed)
	return report.Row{
		What:  fmt.Sprintf("  processor time of the server (the client takes %s)", report.Duration(contest.Median(contest.Each(other, sender)))),
		Ours:  report.Duration(contest.Median(ours)) + " a request",
		Other: name + ": " + report.Duration(contest.Median(theirs)),
		Ratio: report.Ratio(contest.Ratio(ours, theirs)) + " as long",
	}
}

func sender(r Result) float64 { return float64(r.Client) }

func computed(r Result) float64 { return float64(r.Server) }

func speeds(results []Result) []float64 {
	return contest.Each(results, func(r Result) float64 { return r.PerSecond })
}

func describe(results []Result) string {
	p50 := contest.Median(contest.Each(results, func(r Result) float64 { return float64(r.P50) }))
	p99 := contest.Median(contest.Each(results, func(r Result) float64 { return float64(r.P99) }))
	return fmt.Sprintf("%s/s, p50 %s, p99 %s", humanize.Comma(int64(contest.Median(speeds(results)))), report.Duration(p50), report.Duration(p99))
}
