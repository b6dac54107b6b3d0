package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/countersign-dev/countersign/internal/workload"
)

// printTable writes the result for people.
func (o *benchOptions) printTable(out io.Writer, plan *workload.Plan, report *workload.Report) error {
	var text strings.Builder
	line := func(name, format string, values ...any) {
		fmt.Fprintf(&text, "%-12s"+format+"\n", append([]any{name}, values...)...)
	}
	due := ""
	if plan.Rate > 0 {
		due = fmt.Sprintf(", of %s due", o.rate)
		if !strings.Contains(o.rate, "/") {
			due = fmt.Sprintf(", of %s/s due", o.rate)
		}
	}
	line("requests", "%s in %.2f s over %d connections", humanize.Comma(report.Requests), report.Elapsed.Seconds(), plan.Connections)
	line("answers/s", "%s%s", humanize.CommafWithDigits(report.PerSecond, 1), due)
	for _, answer := range report.Answers {
		mark := ""
		if !o.expected(answer.Status) {
			mark = "  (not as expected)"
		}
		line("answered", "%-12s%s%s", humanize.Comma(answer.Count), describeAnswer(answer.Answer), mark)
	}
	for _, why := range slices.Sorted(maps.Keys(report.Failures)) {
		line("unanswered", "%-12s%s", humanize.Comma(report.Failures[why]), why)
	}
	if report.Failure != nil {
		line("", "%-12ssuch as: %s", "", printableHeader(report.Failure.Error()))
	}
	if report.Unsent > 0 {
		line("unsent", "%-12swere due, but no connection was free: their wait is missing from the latencies", humanize.Comma(report.Unsent))
	}
	l := report.Latency
	line("latency", "p50 %s, p90 %s, p99 %s, p99.9 %s, max %s", formatLatency(l.P50), formatLatency(l.P90),
		formatLatency(l.P99), formatLatency(l.P999), formatLatency(l.Max))
	line("bytes", "%s sent, %s received", humanize.Bytes(uint64(report.Sent)), humanize.Bytes(uint64(report.Received)))
	_, err := io.WriteString(out, text.String())
	return err
}

// formatLatency writes a duration with three digits, in the unit that suits.
func formatLatency(d time.Duration) string {
	value, unit := float64(d)/float64(time.Microsecond), "µs"
	switch {
	case d >= time.Second:
		value, unit = d.Seconds(), "s"
	case d >= time.Millisecond:
		value, unit = float64(d)/float64(time.Millisecond), "ms"
	case d == 0:
		return "0"
	}
	digits := 2
	switch {
	case value >= 100 || unit == "µs":
		digits = 0
	case value >= 10:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, value, unit)
}
