package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

const (
	// headerLife is how long a claim of a request signed in its headers lives.
	headerLife = 302 * time.Second
	// fillLife outlives every run, so that what a store was filled with stays live.
	fillLife = 24 * time.Hour
	fillSeed = 0
	// keyCount is among how many keys the claims are spread.
	keyCount = 64
	// sampling is how many claims there are for each that is signed at a new time and whose latency is
	// measured, so that reading the clock costs the caller next to nothing.
	sampling = 8
)

// measurement is what one run has shown. Durations are in nanoseconds.
type measurement struct {
	PerSecond float64 `json:"per_second"`
	Median    float64 `json:"p50"`
	Slow      float64 `json:"p99"`
	// Allocations and CPU time are those of the caller's process, a claim; a server of its own does
	// not count.
	Allocations float64 `json:"allocations"`
	CPU         float64 `json:"cpu"`
}

// run claims from so many goroutines, each as fast as it gets its answers. seed makes the ids differ
// from those of every other run.
func run(c contestant, seed uint64, callers int, length time.Duration) (measurement, error) {
	var stop atomic.Bool
	failures := make(chan error, callers)
	counts, latencies := make([]uint64, callers), make([][]time.Duration, callers)
	for i := range latencies {
		latencies[i] = make([]time.Duration, 0, 1<<14)
	}
	gate := make(chan struct{})
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			ctx, cancel := context.WithCancel(context.Background()) // a request has one
			defer cancel()
			<-gate
			now, count := time.Now(), uint64(0)
			for !stop.Load() {
				if count++; count%sampling == 1 {
					now = time.Now()
				}
				err := c.claim(ctx, idOf(seed, uint64(caller)<<40|count), now, now.Add(headerLife))
				if err != nil {
					failures <- err
					return
				}
				if count%sampling == 1 {
					latencies[caller] = append(latencies[caller], time.Since(now))
				}
			}
			counts[caller] = count
		})
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := cpuTime(), time.Now()
	close(gate)
	time.Sleep(length)
	stop.Store(true)
	group.Wait()
	took := time.Since(start)
	cpu = cpuTime() - cpu
	runtime.ReadMemStats(&after)
	if len(failures) > 0 {
		return measurement{}, <-failures
	}
	total := uint64(0)
	for _, count := range counts {
		total += count
	}
	all := slices.Concat(latencies...)
	if len(all) == 0 {
		return measurement{}, fmt.Errorf("%d claims in %s are too few to measure: raise -length", total, took)
	}
	slices.Sort(all)
	return measurement{
		PerSecond:   float64(total) / took.Seconds(),
		Median:      float64(all[len(all)/2]),
		Slow:        float64(all[len(all)*99/100]),
		Allocations: float64(after.Mallocs-before.Mallocs) / float64(total),
		CPU:         float64(cpu) / float64(total),
	}, nil
}

// idOf returns an id as nonce.NewID would, evenly spread, without its cost.
func idOf(seed, number uint64) nonce.ID {
	var id nonce.ID
	binary.BigEndian.PutUint64(id[:], spread(number%keyCount))
	binary.BigEndian.PutUint64(id[8:], spread(spread(seed)^number))
	binary.BigEndian.PutUint64(id[16:], number)
	return id
}

// spread is the finalizer of SplitMix64, a bijection.
func spread(n uint64) uint64 {
	n = (n ^ n>>30) * 0xBF58476D1CE4E5B9
	n = (n ^ n>>27) * 0x94D049BB133111EB
	return n ^ n>>31
}
