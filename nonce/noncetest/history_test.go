package noncetest

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// faulty is an in-memory store that answers every twentieth claim in its own way.
type faulty struct {
	nonce.Store
	clock  *Clock
	claims atomic.Int64
	answer func(f *faulty, id nonce.ID, signed, expires time.Time) error
}

func (f *faulty) Claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error {
	if f.claims.Add(1)%20 == 0 {
		return f.answer(f, id, signed, expires)
	}
	return f.Store.Claim(ctx, id, signed, expires)
}

// TestCheckFindsPlantedFaults: the check of histories must notice each of these.
func TestCheckFindsPlantedFaults(t *testing.T) {
	ctx := context.Background()
	for name, answer := range map[string]func(f *faulty, id nonce.ID, signed, expires time.Time) error{
		"none": func(f *faulty, id nonce.ID, signed, expires time.Time) error {
			return f.Store.Claim(ctx, id, signed, expires)
		},
		"a replay accepted": func(f *faulty, id nonce.ID, signed, expires time.Time) error {
			if err := f.Store.Claim(ctx, id, signed, expires); !errors.Is(err, nonce.ErrReplayed) {
				return err
			}
			return nil
		},
		"a claim not recorded": func(*faulty, nonce.ID, time.Time, time.Time) error { return nil },
		"an expired claim accepted": func(f *faulty, id nonce.ID, signed, expires time.Time) error {
			if err := f.Store.Claim(ctx, id, signed, expires); !errors.Is(err, nonce.ErrTooOld) {
				return err
			}
			return nil
		},
		"a first claim refused as a replay": func(f *faulty, id nonce.ID, signed, expires time.Time) error {
			if err := f.Store.Claim(ctx, id, signed, expires); err != nil {
				return err
			}
			return nonce.ErrReplayed
		},
		"a claim in time refused as too old": func(f *faulty, _ nonce.ID, _, _ time.Time) error {
			return &nonce.TooOldError{Cause: nonce.Expired, Bound: f.clock.Now()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock(start)
			memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, Clock: clock})
			if err != nil {
				t.Fatal(err)
			}
			h := record(&faulty{Store: memory, clock: clock, answer: answer}, clock, 10_000)
			switch err := h.check(); {
			case name == "none" && err != nil:
				t.Error(err)
			case name != "none" && (err == nil || !strings.Contains(err.Error(), "not linearizable")):
				t.Errorf("the check says %v", err)
			}
		})
	}
}
