package badgerstore

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

// growthMinutes sets how much simulated time TestDiskDoesNotGrowWithTurnover lets pass; from 120 on
// it looks at the disk as well.
const growthMinutes = "COUNTERSIGN_GROWTH_MINUTES"

// TestDiskDoesNotGrowWithTurnover writes many times what is live. Entries that are over must be
// deleted, and in a run long enough for Badger's levels to fill up, the second half must not need
// more disk than the first, within a table or two.
func TestDiskDoesNotGrowWithTurnover(t *testing.T) {
	minutes := 20
	if n, err := strconv.Atoi(os.Getenv(growthMinutes)); err == nil {
		minutes = n
	}
	const callers, perSecond = 32, 128
	clock := noncetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	p := newPlace(t)
	options := Options{Initial: nonce.New, Clock: clock, Logger: quiet}
	options.hooks.memTable = 1 << 20
	s := open(t, p.path, options)
	peak := [2]int64{}
	for second := range minutes * 60 {
		var group sync.WaitGroup
		for caller := range callers {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := range perSecond / callers {
					now := clock.Now()
					id := nonce.NewID("key", fmt.Sprint(second, caller, i))
					if err := s.Claim(context.Background(), id, now, now.Add(302*time.Second)); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		group.Wait()
		clock.Advance(time.Second)
		if second%10 == 0 {
			half := min(1, second/(minutes*30))
			peak[half] = max(peak[half], diskBytes(t, p.path))
		}
	}
	if t.Failed() {
		return
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A claim lives 302 s and its bucket goes within a minute of its end.
	if s.at.entries > s.at.sequence/2 {
		t.Errorf("%d entries are left of %d writes", s.at.entries, s.at.sequence)
	}
	live := int64(302 * perSecond * packedSize)
	t.Logf("%d MiB of claims written, %d MiB live: at most %d MiB on disk in the first half, %d MiB in the second",
		int64(minutes*60*perSecond*packedSize)>>20, live>>20, peak[0]>>20, peak[1]>>20)
	if minutes >= 120 && peak[1] > peak[0]+4<<20 {
		t.Errorf("disk space grew from %d to %d bytes", peak[0], peak[1])
	}
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
