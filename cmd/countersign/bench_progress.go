package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/countersign-dev/countersign/internal/workload"
)

// progressStyle is how it is told how a run stands: how often, and what stands around each line and
// behind the last.
type progressStyle struct {
	interval            time.Duration
	before, after, last string
}

var (
	// onTerminal writes one line over and over, which is gone at the end.
	onTerminal = progressStyle{500 * time.Millisecond, "\r", "\x1b[K", "\r\x1b[K"}
	inLines    = progressStyle{5 * time.Second, "", "\n", ""}
)

func progressStyleOf(notes io.Writer) progressStyle {
	if isTerminal(notes) {
		return onTerminal
	}
	return inLines
}

// tell writes lines on notes, from time to time, until stop is called.
func (style progressStyle) tell(notes io.Writer, line func() string) (stop func()) {
	ended := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		ticks := time.NewTicker(style.interval)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				fmt.Fprint(notes, style.before+line()+style.after)
			case <-ended:
				fmt.Fprint(notes, style.last)
				return
			}
		}
	})
	return func() {
		close(ended)
		told.Wait()
	}
}

// progress tells how a run stands, and knows what it has told last.
type progress struct {
	meter      *workload.Meter
	unexpected func(*workload.Report) int64
	elapsed    time.Duration
	answered   int64
}

// line tells how the run stands, and how fast it was since the last line.
func (p *progress) line() string {
	report := p.meter.Report()
	answered := report.Answered()
	speed := 0.0
	if passed := report.Elapsed - p.elapsed; passed > 0 {
		speed = float64(answered-p.answered) / passed.Seconds()
	}
	p.elapsed, p.answered = report.Elapsed, answered
	text := fmt.Sprintf("%4.0f s  %s requests  %s/s  p50 %s  p99 %s", report.Elapsed.Seconds(), humanize.Comma(report.Requests),
		humanize.Comma(int64(speed+0.5)), formatLatency(report.Latency.P50), formatLatency(report.Latency.P99))
	if count := p.unexpected(&report); count > 0 {
		text += fmt.Sprintf("  %s not as expected", humanize.Comma(count))
	}
	return text
}
