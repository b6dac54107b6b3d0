package badgerstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// BenchmarkClaim is for profiles: what a claim costs from so many callers at once, and how many of
// them share a write. internal/benchmarks/claims compares the store with others.
func BenchmarkClaim(b *testing.B) {
	for _, durability := range []Durability{DurabilityOS, DurabilityFsync} {
		for _, callers := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("%s/%d", durability, callers), func(b *testing.B) { benchmarkClaim(b, durability, callers) })
		}
	}
}

func benchmarkClaim(b *testing.B, durability Durability, callers int) {
	b.ReportAllocs()
	s := open(b, b.TempDir(), Options{
		Initial: nonce.New, Durability: durability, Capacity: 1 << 30, KeyShare: 1 << 30, Logger: quiet,
	})
	var next atomic.Uint64
	var group sync.WaitGroup
	b.ResetTimer()
	for range callers {
		group.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			id := nonce.NewID("key", "bench")
			for n := next.Add(1); n <= uint64(b.N); n = next.Add(1) {
				binary.BigEndian.PutUint64(id[8:], n*0x9E3779B97F4A7C15)
				binary.BigEndian.PutUint64(id[16:], n)
				now := time.Now()
				if err := s.Claim(ctx, id, now, now.Add(302*time.Second)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/float64(s.at.sequence), "claims/write")
}
