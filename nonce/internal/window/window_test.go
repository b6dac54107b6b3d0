package window_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce/internal/window"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

func newWindow(clock window.Clock, capacity, share int) *window.Window {
	return window.New(window.Config{
		Capacity: capacity, KeyShare: share, Clock: clock, Jump: 2 * time.Second, Hold: 300 * time.Second,
	})
}

func idOf(n uint64) (id [24]byte) {
	binary.BigEndian.PutUint64(id[8:], n*0x9E3779B97F4A7C15)
	binary.BigEndian.PutUint64(id[16:], n)
	return id
}

func TestSweepGivesBackRoomAndShares(t *testing.T) {
	w := newWindow(noncetest.NewClock(time.Unix(1000, 0)), 100, 100)
	now := w.Look()
	for n := range uint64(100) {
		id := idOf(n)
		id[0] = byte(n) // a key each
		if v := w.Claim(now, id, now, now+int64(n+1)*int64(time.Second)); v.Kind != window.Won {
			t.Fatalf("claim %d: %v", n, v)
		}
	}
	if v := w.Claim(now, idOf(100), now, now+1); v.Kind != window.Full || w.Held() != 100 {
		t.Fatalf("claim beyond the capacity: %v, %d held", v, w.Held())
	}
	moved := w.Drop(now + int64(60*time.Second))
	w.Sweep()
	if !moved || w.Held() != 40 {
		t.Fatalf("%d held after the drop of 60", w.Held())
	}
	if w.Drop(now) || w.DropLine() != now+int64(60*time.Second) {
		t.Fatal("the drop line moved down")
	}
}

// TestRoomMadeByOthersIsFound: callers that meet a full window at the same time all get the room
// that one of them makes.
func TestRoomMadeByOthersIsFound(t *testing.T) {
	const callers = 8
	w := newWindow(noncetest.NewClock(time.Unix(1000, 0)), callers, callers)
	now := w.Look()
	next := uint64(0)
	for round := range 300 {
		var group sync.WaitGroup
		var refused atomic.Int64
		for range callers {
			id := idOf(next)
			next++
			group.Add(1)
			go func() {
				defer group.Done()
				if v := w.Claim(now, id, now, now+1e9); v.Kind != window.Won {
					refused.Add(1)
				}
			}()
		}
		group.Wait()
		if n := refused.Load(); n > 0 {
			t.Fatalf("round %d: %d refused", round, n)
		}
		now += 1e9
		w.Drop(now)
	}
}

func TestIDsThatDifferInTheKeyAloneDiffer(t *testing.T) {
	w := newWindow(noncetest.NewClock(time.Unix(1000, 0)), 10, 10)
	now := w.Look()
	for n := range byte(3) {
		if v := w.Claim(now, [24]byte{n}, now, now+1e9); v.Kind != window.Won {
			t.Fatalf("id %d: %v", n, v)
		}
	}
}

func TestRestoreKeepsTheLaterExpiryAndEvictsNothing(t *testing.T) {
	w := newWindow(noncetest.NewClock(time.Unix(1000, 0)), 1, 1)
	now := w.Look()
	for _, seconds := range []int64{10, 30, 20} {
		w.Restore(idOf(1), now+seconds*1e9)
	}
	w.Restore(idOf(2), now+1e9)
	if w.Held() != 2 || !w.Live(now+29e9, idOf(1)) || w.Live(now+30e9, idOf(1)) || !w.Live(now, idOf(2)) {
		t.Fatalf("%d held", w.Held())
	}
}

// TestNobodyGetsPastAJump: whoever reads the time after a jump finds the floor raised, on
// whatever goroutine the jump was noticed.
func TestNobodyGetsPastAJump(t *testing.T) {
	clock := noncetest.NewClock(time.Unix(1_000_000, 0))
	t.Run("two readings", func(t *testing.T) { jump(t, clock, clock) })
	at := &atOnce{Clock: clock}
	t.Run("one reading", func(t *testing.T) { jump(t, clock, at) })
	if at.reads.Load() == 0 {
		t.Error("a clock that reads both at once was not asked to")
	}
}

// atOnce is a clock that has both readings in one.
type atOnce struct {
	*noncetest.Clock
	reads atomic.Int64
}

func (c *atOnce) Read() (time.Time, time.Duration) {
	c.reads.Add(1)
	return c.Now(), c.SinceBoot()
}

func jump(t *testing.T, clock *noncetest.Clock, read window.Clock) {
	w := newWindow(read, 10, 10)
	var wrong atomic.Int64
	for range 200 {
		before := window.Nanos(clock.Now())
		var callers sync.WaitGroup
		for range 8 {
			callers.Add(1)
			go func() {
				defer callers.Done()
				for range 20 {
					if now := w.Look(); now > before && w.Floor() <= now {
						wrong.Add(1)
					}
				}
			}()
		}
		clock.Step(time.Minute)
		callers.Wait()
	}
	if n := wrong.Load(); n > 0 {
		t.Fatalf("%d looks saw the new time under the old floor", n)
	}
}

func TestNanosClamps(t *testing.T) {
	for at, want := range map[time.Time]int64{
		{}:                  0,
		time.Unix(-1, 0):    0,
		time.Unix(0, 7):     7,
		time.Unix(1<<60, 0): math.MaxInt64,
		time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC): time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(),
	} {
		if got := window.Nanos(at); got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
}

// BenchmarkBytesPerClaim reports what a claim costs in memory, at up to ten million of them. It takes
// a gigabyte.
func BenchmarkBytesPerClaim(b *testing.B) {
	for b.Loop() {
		w := newWindow(noncetest.NewClock(time.Unix(1_000_000, 0)), 10_000_000, 10_000_000)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		now := w.Look()
		for n := range uint64(10_000_000) {
			w.Claim(now, idOf(n), now, now+302e9)
			if n+1 == 5_000_000 || n+1 == 7_500_000 || n+1 == 10_000_000 {
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n+1), fmt.Sprintf("B/claim-of-%.1fM", float64(n+1)/1e6))
			}
		}
		runtime.KeepAlive(w)
	}
}
