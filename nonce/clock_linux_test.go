package nonce_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/nonce"
)

func TestSystemClockFollowsTheUptime(t *testing.T) {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		testneed.Skip(t, "mount /proc, to compare with its uptime: "+err.Error())
	}
	var seconds float64
	if _, err := fmt.Sscan(string(text), &seconds); err != nil {
		t.Fatal(err)
	}
	clock := new(nonce.SystemClock)
	first := clock.SinceBoot()
	// In a container with a time namespace of its own both clocks are shifted alike.
	if off := first.Seconds() - seconds; off < -1 || off > 5 {
		t.Errorf("%.2f s since boot, /proc/uptime said %.2f", first.Seconds(), seconds)
	}
	start := time.Now()
	for time.Since(start) < 3*time.Millisecond {
		next := clock.SinceBoot()
		if next < first {
			t.Fatalf("went back from %s to %s", first, next)
		}
		first = next
	}
}

func BenchmarkSystemClock(b *testing.B) {
	clock := new(nonce.SystemClock)
	for b.Loop() {
		_, _ = clock.Read()
	}
}
