package main

import (
	"io"
	"maps"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/internal/workload"
)

// benchResult is the result for programs.
type benchResult struct {
	Requests    int64             `json:"requests"`
	Seconds     float64           `json:"seconds"`
	PerSecond   float64           `json:"answers_per_second"`
	Due         float64           `json:"due_per_second,omitempty"`
	Connections int               `json:"connections"`
	Answers     []benchAnswer     `json:"answers"`
	Unanswered  []benchUnanswered `json:"unanswered"`
	Unsent      int64             `json:"unsent"`
	Unexpected  int64             `json:"unexpected"`
	Latency     benchLatency      `json:"latency_ms"`
	Sent        int64             `json:"bytes_sent"`
	Received    int64             `json:"bytes_received"`
}

type benchAnswer struct {
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"`
	Count  int64  `json:"count"`
}

type benchUnanswered struct {
	Why   string `json:"why"`
	Count int64  `json:"count"`
}

type benchLatency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
	Max  float64 `json:"max"`
}

// printJSON writes the result for programs.
func (o *benchOptions) printJSON(out io.Writer, plan *workload.Plan, report *workload.Report) error {
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	l := report.Latency
	result := benchResult{
		Requests: report.Requests, Seconds: report.Elapsed.Seconds(), PerSecond: report.PerSecond,
		Due: plan.Rate, Connections: plan.Connections,
		Answers: []benchAnswer{}, Unanswered: []benchUnanswered{}, Unsent: report.Unsent, Unexpected: o.unexpected(report),
		Latency: benchLatency{
			Mean: milliseconds(l.Mean), P50: milliseconds(l.P50), P90: milliseconds(l.P90),
			P99: milliseconds(l.P99), P999: milliseconds(l.P999), Max: milliseconds(l.Max),
		},
		Sent: report.Sent, Received: report.Received,
	}
	for _, answer := range report.Answers {
		result.Answers = append(result.Answers, benchAnswer{answer.Status, answer.Code, answer.Count})
	}
	for _, why := range slices.Sorted(maps.Keys(report.Failures)) {
		result.Unanswered = append(result.Unanswered, benchUnanswered{why, report.Failures[why]})
	}
	return writeJSON(out, result)
}
