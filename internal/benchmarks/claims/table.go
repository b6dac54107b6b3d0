package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// table gathers what was measured.
type table struct {
	settings
	runs map[cell][]measurement // by round
	held map[cell]*holding
}

// cell is a place in the table; callers is 0 in that of the holdings.
type cell struct {
	live    int
	name    string
	callers int
}

// holding is what the claims in a store cost.
type holding struct {
	memory, disk int64
	reopen       time.Duration
}

func newTable(s settings) *table {
	return &table{settings: s, runs: make(map[cell][]measurement), held: make(map[cell]*holding)}
}

func (t *table) measured(live int, name string, callers int, m measurement) {
	at := cell{live, name, callers}
	t.runs[at] = append(t.runs[at], m)
}

func (t *table) filled(live int, name string, memory, disk int64) {
	t.held[cell{live: live, name: name}] = &holding{memory: memory, disk: disk}
}

func (t *table) reopened(live int, name string, took time.Duration) {
	t.held[cell{live: live, name: name}].reopen = took
}

func (t *table) write(out io.Writer) error {
	if t.results != "" {
		if err := t.writeResults(); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s %s/%s, %d processors, %s: medians of %d runs of %s, in turns\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().Format(time.DateOnly), t.rounds, t.length)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "live\tcallers\tcontestant\tclaims/s\tratio\t(from – to)\tp50\tp99\tallocs/claim\tCPU/claim\t")
	for _, live := range t.live {
		for _, callers := range t.callers {
			for _, name := range t.contestants {
				t.writeRuns(w, cell{live, name, callers})
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(t.held) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nlive\tcontestant\tresident bytes/claim\tdisk bytes/claim\topen after kill -9\t")
	for _, live := range t.live {
		for _, name := range t.contestants {
			if h := t.held[cell{live: live, name: name}]; h != nil {
				fmt.Fprintf(w, "%s\t%s\t%.1f\t%.1f\t%s\t\n", count(live), name,
					float64(h.memory)/float64(live), float64(h.disk)/float64(live), h.reopen.Round(10*time.Millisecond))
			}
		}
	}
	return w.Flush()
}

func (t *table) writeRuns(w io.Writer, at cell) {
	runs := t.runs[at]
	median := func(value func(measurement) float64) float64 {
		var all []float64
		for _, m := range runs {
			all = append(all, value(m))
		}
		return medianOf(all)
	}
	server := strings.HasPrefix(at.name, "redis")
	cpu := nanos(median(func(m measurement) float64 { return m.CPU }))
	if server {
		cpu += " + server"
	}
	fmt.Fprintf(w, "%s\t%d\t%s\t%.0f\t%s\t%s\t%s\t%.1f\t%s\t\n", count(at.live), at.callers, at.name,
		median(func(m measurement) float64 { return m.PerSecond }),
		t.ratio(at),
		nanos(median(func(m measurement) float64 { return m.Median })),
		nanos(median(func(m measurement) float64 { return m.Slow })),
		median(func(m measurement) float64 { return m.Allocations }), cpu)
}

// ratio is how many times the claims a second of the contestant that this one is compared with, as the
// median, and the least and the most of all rounds.
func (t *table) ratio(at cell) string {
	e, err := entryOf(at.name)
	base := t.runs[cell{at.live, e.against, at.callers}]
	if err != nil || len(base) == 0 {
		return "\t"
	}
	var all []float64
	for round, m := range t.runs[at] {
		all = append(all, m.PerSecond/base[round].PerSecond)
	}
	return fmt.Sprintf("%.2f\t(%.2f – %.2f)", medianOf(all), slices.Min(all), slices.Max(all))
}

func medianOf(all []float64) float64 {
	slices.Sort(all)
	middle := len(all) / 2
	if len(all)%2 == 0 {
		return (all[middle-1] + all[middle]) / 2
	}
	return all[middle]
}

func nanos(n float64) string {
	switch d := time.Duration(n); {
	case d < time.Microsecond:
		return d.String()
	case d < 10*time.Microsecond:
		return d.Round(10 * time.Nanosecond).String()
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	default:
		return d.Round(10 * time.Microsecond).String()
	}
}

func count(n int) string {
	if n >= 1_000_000 && n%1_000_000 == 0 {
		return fmt.Sprint(n/1_000_000, " M")
	}
	return fmt.Sprint(n)
}
