package badgerstore

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// TestQueueIsNotStalledByABatchThatIsFinished: a batch is finished at the moment at which it becomes
// late. Whatever its callers are told, the queue goes on.
func TestQueueIsNotStalledByABatchThatIsFinished(t *testing.T) {
	var fire func()
	q := newQueue(func(_ time.Duration, f func()) func() bool {
		fire = f
		return func() bool { return true }
	})
	for range 2000 {
		b, err := q.add(pending{})
		if err != nil {
			t.Fatal(err)
		}
		fire() // slow
		late := fire
		if q.take() != b {
			t.Fatal("the batch was not to be had")
		}
		var group sync.WaitGroup
		group.Go(late)
		q.finish(b, nil)
		group.Wait()
		if err := b.wait(context.Background()); err != nil && !errors.Is(err, errStalled) {
			t.Fatalf("the batch: %v", err)
		}
		if q.stalled.Load() {
			t.Fatal("stalled with nothing to write")
		}
	}
}

func TestBatchesAreTakenInOrder(t *testing.T) {
	q := newQueue(func(time.Duration, func()) func() bool { return func() bool { return true } })
	for n := range 3*maxPacked - 1 {
		if _, err := q.add(pending{signed: int64(n)}); err != nil {
			t.Fatal(err)
		}
	}
	next := int64(0)
	for _, want := range []int{maxPacked, maxPacked, maxPacked - 1} {
		if n := q.waiting(); n != maxPacked-1 {
			t.Fatalf("%d claims wait in the last batch, want %d", n, maxPacked-1)
		}
		b := q.take()
		if len(b.claims) != want {
			t.Fatalf("a batch of %d, want %d", len(b.claims), want)
		}
		for _, c := range b.claims {
			if c.signed != next {
				t.Fatalf("claim %d came for %d", c.signed, next)
			}
			next++
		}
		q.finish(b, nil)
	}
	if q.take() != nil || q.waiting() != 0 {
		t.Fatal("there is more than was added")
	}
	q.close()
	if _, err := q.add(pending{}); !errors.Is(err, nonce.ErrClosed) {
		t.Fatalf("add after close: %v, want ErrClosed", err)
	}
}
