package contest

import (
	"runtime"
	"sync"
	"time"

	"github.com/countersign-dev/countersign/internal/benchmarks/processor"
)

// Timing is what one operation costs.
type Timing struct {
	// Nanoseconds that the process computed for it, the collector's included: unlike the time that
	// passed, that does not grow with what other programs do meanwhile.
	Nanoseconds float64
	Allocations float64
}

// Operation makes what one goroutine calls over and over.
type Operation func() (func() error, error)

// Turn prepares to measure an operation on as many processors at once as GOMAXPROCS says. What it
// returns measures one turn, of about a duration. Short turns that alternate with those of the other
// contestants share the machine's moods with them; ten milliseconds are long enough for the
// collector to take its part in each.
func Turn(operation Operation, duration time.Duration) (func() (Timing, error), error) {
	goroutines := make([]func() error, runtime.GOMAXPROCS(0))
	for i := range goroutines {
		var err error
		if goroutines[i], err = operation(); err != nil {
			return nil, err
		}
	}
	count := 1
	for {
		took, err := together(goroutines, count)
		if err != nil {
			return nil, err
		}
		if allowed := duration * time.Duration(len(goroutines)); took >= allowed/2 {
			count = max(1, int(float64(count)*float64(allowed)/float64(took)))
			break
		}
		count *= 2
	}
	return func() (Timing, error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		took, err := together(goroutines, count)
		runtime.ReadMemStats(&after)
		done := float64(count * len(goroutines))
		return Timing{float64(took.Nanoseconds()) / done, float64(after.Mallocs-before.Mallocs) / done}, err
	}, nil
}

// together calls each function so many times, all at once, and returns how long that computed.
func together(functions []func() error, count int) (time.Duration, error) {
	failures := make([]error, len(functions))
	var group sync.WaitGroup
	began := processor.Time()
	for i, run := range functions {
		group.Go(func() {
			for range count {
				if err := run(); err != nil {
					failures[i] = err
					return
				}
			}
		})
	}
	group.Wait()
	took := processor.Time() - began
	for _, err := range failures {
		if err != nil {
			return took, err
		}
	}
	return took, nil
}

// OnProcessors calls f with GOMAXPROCS set.
func OnProcessors(processors int, f func() error) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	return f()
}
