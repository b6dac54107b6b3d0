package badgerstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/countersign-dev/countersign/nonce"
)

// benchCallers is how many requests a busy verifier has under way.
const benchCallers = 128

// BenchmarkClaim compares the store with the plain way to do it, a Badger transaction for each
// claim, in the same run on the same disk, and reports claims per second of both and their ratio.
// COUNTERSIGN_BENCH_SECONDS sets how long each is measured (default 1).
func BenchmarkClaim(b *testing.B) {
	for _, durability := range []Durability{DurabilityOS, DurabilityFsync} {
		b.Run(durability.String(), func(b *testing.B) {
			length := time.Second
			if n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_BENCH_SECONDS")); err == nil {
				length = time.Duration(n) * time.Second
			}
			for range b.N {
				plain := plainRate(b, durability, length)
				store := storeRate(b, durability, length)
				b.ReportMetric(plain, "plain/s")
				b.ReportMetric(store, "store/s")
				b.ReportMetric(store/plain, "ratio")
			}
		})
	}
}

func storeRate(b *testing.B, durability Durability, length time.Duration) float64 {
	s := open(b, b.TempDir(), Options{
		Initial: nonce.New, Durability: durability, Capacity: 50_000_000, KeyShare: 50_000_000,
	})
	rate := claimRate(b, length, func(id nonce.ID, now time.Time) error {
		return s.Claim(context.Background(), id, now, now.Add(302*time.Second))
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return rate
}

func plainRate(b *testing.B, durability Durability, length time.Duration) float64 {
	o := badger.DefaultOptions(b.TempDir()).WithLogger(nil).WithSyncWrites(durability == DurabilityFsync)
	db, err := badger.Open(o)
	if err != nil {
		b.Fatal(err)
	}
	rate := claimRate(b, length, func(id nonce.ID, now time.Time) error {
		return db.Update(func(txn *badger.Txn) error {
			if _, err := txn.Get(id[:]); err != badger.ErrKeyNotFound {
				return fmt.Errorf("claimed before: %w", err)
			}
			return txn.SetEntry(badger.NewEntry(id[:], nil).WithTTL(302 * time.Second))
		})
	})
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return rate
}

// claimRate runs claims from benchCallers goroutines and returns how many succeed in a second.
func claimRate(b *testing.B, length time.Duration, claim func(nonce.ID, time.Time) error) float64 {
	var total atomic.Int64
	var callers sync.WaitGroup
	start := time.Now()
	for caller := range benchCallers {
		callers.Add(1)
		go func() {
			defer callers.Done()
			id := nonce.NewID(fmt.Sprint("key", caller%8), "bench")
			count := uint64(0)
			for time.Since(start) < length {
				count++
				binary.BigEndian.PutUint64(id[8:], uint64(caller)<<40|count*0x9E3779B97F4A7C15>>24)
				binary.BigEndian.PutUint64(id[16:], count)
				if err := claim(id, time.Now()); err != nil {
					b.Error(err)
					return
				}
			}
			total.Add(int64(count))
		}()
	}
	callers.Wait()
	return float64(total.Load()) / time.Since(start).Seconds()
}
