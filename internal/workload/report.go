package workload

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Report is what a run has come to so far.
type Report struct {
	Elapsed   time.Duration // from the first moment to the last answer (at a rate, to the end of the time), or to now
	Requests  int64         // sent, answered or not
	Answers   []AnswerCount // by status, then code
	Failures  map[string]int64
	Failure   error // an example of them, or nil
	Unsent    int64 // were due, but no connection was free while the run lasted
	Latency   Latency
	Sent      int64 // bytes, above TLS
	Received  int64
	PerSecond float64 // answers a second
}

// AnswerCount is how often an answer came.
type AnswerCount struct {
	Answer
	Count int64
}

// Latency is how long answers took, to a thousandth. It is zero where there were none.
type Latency struct {
	Mean, P50, P90, P99, P999, Max time.Duration
}

// Answered is how many requests have an answer.
func (r Report) Answered() (count int64) {
	for _, answer := range r.Answers {
		count += answer.Count
	}
	return count
}

// Failed is how many requests have none.
func (r Report) Failed() (count int64) {
	for _, failed := range r.Failures {
		count += failed
	}
	return count
}

// Report returns what the run has come to.
func (m *Meter) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := Report{Failures: maps.Clone(m.failures), Failure: m.example, Sent: m.sent.Load(), Received: m.received.Load()}
	for answer, count := range m.answers {
		r.Answers = append(r.Answers, AnswerCount{answer, count})
	}
	slices.SortFunc(r.Answers, func(a, b AnswerCount) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Code, b.Code))
	})
	r.Requests = r.Answered() + r.Failed()
	r.Latency = m.quantiles()
	if s := m.schedule; s != nil {
		at := m.ended
		if at.IsZero() {
			at = time.Now()
		} else {
			r.Unsent = s.unsent(at)
		}
		r.Elapsed = at.Sub(s.began)
		if r.Elapsed > 0 {
			r.PerSecond = float64(r.Answered()) / r.Elapsed.Seconds()
		}
	}
	return r
}

func (m *Meter) quantiles() Latency {
	if m.latency.TotalCount() == 0 {
		return Latency{}
	}
	at := func(quantile float64) time.Duration {
		return time.Duration(m.latency.ValueAtQuantile(quantile)) * time.Microsecond
	}
	return Latency{
		Mean: time.Duration(m.latency.Mean() * float64(time.Microsecond)),
		P50:  at(50), P90: at(90), P99: at(99), P999: at(99.9),
		Max: time.Duration(m.latency.Max()) * time.Microsecond,
	}
}
