package badgerstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

// turnover is how much TestTurnoverIsFlat lets through.
type turnover struct {
	minutes, perSecond int
	memTable           int64 // small enough that tables are written and merged often
}

var (
	briefTurnover = turnover{minutes: 24, perSecond: 256, memTable: 1 << 20}
	// longTurnover, with COUNTERSIGN_LONG set, is 18 million claims, of which 1.5 million live.
	longTurnover = turnover{minutes: 60, perSecond: 5000, memTable: memTableSize}
)

// TestTurnoverIsFlat lets many times as many claims through as live at once, while the clock moves a
// second at a time. When the first of them have expired and been dropped, the rest is halved, and the
// second half must not need more memory or disk than the first, nor more patience. It is the median of
// each half that counts: how much Badger needs for a moment to write and merge tables is chance.
func TestTurnoverIsFlat(t *testing.T) {
	run := briefTurnover
	if os.Getenv("COUNTERSIGN_LONG") != "" {
		run = longTurnover
	}
	const warmUp, callers = 8, 32 // warm-up in minutes: a claim lives 302 s, and its bucket goes within another minute
	clock := noncetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	options := Options{Initial: nonce.New, Clock: clock, KeyShare: nonce.DefaultCapacity}
	options.hooks.memTable = run.memTable
	path := t.TempDir()
	s := open(t, path, options)
	var halves [2]needs
	for minute := range run.minutes {
		latencies := claimFor(t, s, clock, minute, run.perSecond, callers)
		if t.Failed() {
			return
		}
		if minute < warmUp {
			continue
		}
		half := &halves[(minute-warmUp)*2/(run.minutes-warmUp)]
		half.disk = append(half.disk, diskBytes(t, path))
		half.memory = append(half.memory, heapBytes())
		half.latencies = append(half.latencies, latencies...)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s.at.entries > s.at.sequence/2 {
		t.Errorf("%d entries are left of %d writes", s.at.entries, s.at.sequence)
	}
	live := 302 * run.perSecond
	t.Logf("%d claims, %d of them live at once, which is %d MiB on disk", run.minutes*60*run.perSecond, live, live*packedSize>>20)
	for i, half := range halves {
		t.Logf("half %d: %.1f MiB on disk, at most %.1f; %.1f MiB of memory after a collection, at most %.1f; p99 %s", i+1,
			mebibytes(medianOf(half.disk)), mebibytes(slices.Max(half.disk)),
			mebibytes(medianOf(half.memory)), mebibytes(slices.Max(half.memory)), half.p99())
	}
	first, second := halves[0], halves[1]
	for what, values := range map[string][2][]int64{"disk space": {first.disk, second.disk}, "memory": {first.memory, second.memory}} {
		before, after := medianOf(values[0]), medianOf(values[1])
		if after > before+before/10+2*run.memTable { // a table more or less means nothing
			t.Errorf("%s grew from %d to %d bytes", what, before, after)
		}
	}
	// In a brief run a sync of the record decides, and thus the disk.
	if run == longTurnover && second.p99() > 3*first.p99() {
		t.Errorf("the 99th percentile grew from %s to %s", first.p99(), second.p99())
	}
}

// needs are what one half took, minute by minute.
type needs struct {
	disk, memory []int64
	latencies    []time.Duration
}

func medianOf(values []int64) int64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func (n needs) p99() time.Duration {
	slices.Sort(n.latencies)
	return n.latencies[len(n.latencies)*99/100]
}

// claimFor claims for a minute of the clock, evenly, and returns how long every 16th claim took.
func claimFor(t *testing.T, s *Store, clock *noncetest.Clock, minute, perSecond, callers int) []time.Duration {
	t.Helper()
	latencies := make([][]time.Duration, callers)
	for second := range 60 {
		now := clock.Now()
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				id := nonce.NewID(fmt.Sprint("key", caller), "")
				for i := range perSecond / callers {
					number := uint64(minute*60+second)<<24 | uint64(caller)<<16 | uint64(i)
					binary.BigEndian.PutUint64(id[8:], number*0x9E3779B97F4A7C15)
					binary.BigEndian.PutUint64(id[16:], number)
					start := time.Now()
					if err := s.Claim(context.Background(), id, now, now.Add(302*time.Second)); err != nil {
						t.Error(err)
						return
					}
					if i%16 == 0 {
						latencies[caller] = append(latencies[caller], time.Since(start))
					}
				}
			})
		}
		group.Wait()
		clock.Advance(time.Second)
	}
	return slices.Concat(latencies...)
}

// diskBytes asks again while Badger removes a file.
func diskBytes(t *testing.T, path string) int64 {
	t.Helper()
	for {
		bytes, err := diskUse(path)
		if err == nil {
			return bytes
		}
		if !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func heapBytes() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
