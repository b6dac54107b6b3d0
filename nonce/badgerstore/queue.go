package badgerstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// batch is a set of claims that are written together. Its creator fills it through the queue; the
// committer then finishes it, which wakes all callers at once.
type batch struct {
	claims []pending
	room   bool          // drop what has expired, down to the second, before the next bucket is due
	judged int64         // set before the answer: the time by which its claims are judged
	err    error         // set before the answer
	woken  chan struct{} // closed with the answer, or when that is slow
	slow   chan struct{} // set before woken is closed if there is no answer yet: closed with it

	answered bool        // guarded by the queue's mu
	stop     func() bool // guarded by the queue's mu: stops the timer that makes it slow, then late
}

// errStalled is a claim's answer where the committer is held up: Badger blocks writes while it cannot
// make tables of its logs, and tries again for ever.
var errStalled = fmt.Errorf("nonce store has not been able to write for %s: see to the disk, and claims go on by themselves", maxWait)

// wait returns when b is answered, or when ctx is done. It looks at ctx only once the answer is slow:
// to wait for either all the time would cost a claim a tenth more.
func (b *batch) wait(ctx context.Context) error {
	<-b.woken
	if b.slow != nil {
		select {
		case <-b.slow:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return b.err
}

// answer settles the answer of b, once, and returns what must be closed to tell its callers, or nil if
// that was done before. The caller holds the queue's mu.
func (b *batch) answer(err error) chan struct{} {
	if b.answered {
		return nil
	}
	b.answered, b.err = true, err
	if b.slow != nil {
		return b.slow
	}
	return b.woken
}

// queue gathers claims while the committer writes.
type queue struct {
	ready   chan struct{} // holds one token while there may be something to take
	after   afterFunc
	stalled atomic.Bool // changed under mu: a batch is late, and none has been finished since

	mu      sync.Mutex
	batches []*batch  // guarded by mu; the last one still takes claims
	spare   []pending // guarded by mu: the room of a batch that is finished, for another
	closed  bool      // guarded by mu
}

// afterFunc calls f once, on a goroutine of its own, when d has passed, unless stop was called before.
type afterFunc func(d time.Duration, f func()) (stop func() bool)

func newQueue(after afterFunc) *queue { return &queue{ready: make(chan struct{}, 1), after: after} }

// add puts a claim into the batch that is being gathered and returns the batch.
func (q *queue) add(p pending) (*batch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b, err := q.last()
	if err == nil {
		b.claims = append(b.claims, p)
	}
	return b, err
}

// makeRoom asks for a drop with the batch that is being gathered.
func (q *queue) makeRoom() (*batch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b, err := q.last()
	if err == nil {
		b.room = true
	}
	return b, err
}

// last returns the batch that takes claims. The caller holds q.mu.
func (q *queue) last() (*batch, error) {
	if q.closed {
		return nil, nonce.ErrClosed
	}
	if n := len(q.batches); n > 0 && len(q.batches[n-1].claims) < maxPacked {
		return q.batches[n-1], nil
	}
	b := &batch{claims: q.spare, woken: make(chan struct{})}
	q.spare = nil
	b.stop = q.after(slowWait, func() { q.slow(b) })
	q.batches = append(q.batches, b)
	q.wake()
	return b, nil
}

// take returns the next batch to write, or nil.
func (q *queue) take() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.batches) == 0 {
		return nil
	}
	b := q.batches[0]
	q.batches = append(q.batches[:0], q.batches[1:]...)
	return b
}

// slow lets the callers of b look out for the end of their contexts as well.
func (q *queue) slow(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if b.answered {
		return
	}
	b.slow = make(chan struct{})
	b.stop = q.after(maxWait-slowWait, func() { q.overdue(b) })
	close(b.woken)
}

// overdue answers the callers of b that it has not been written in time. The committer may still
// write it.
func (q *queue) overdue(b *batch) {
	q.mu.Lock()
	wake := b.answer(errStalled)
	if wake != nil {
		q.stalled.Store(true)
	}
	q.mu.Unlock()
	if wake != nil {
		close(wake)
	}
}

// finish answers the callers of a batch that was taken, unless it is overdue.
func (q *queue) finish(b *batch, err error) {
	q.mu.Lock()
	b.stop()
	q.stalled.Store(false)
	q.spare, b.claims = b.claims[:0], nil
	wake := b.answer(err)
	q.mu.Unlock()
	if wake != nil {
		close(wake)
	}
}

// close makes every later add fail, and wakes the committer.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake()
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}
