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
	judged int64         // by the committer, before done: the time by which expired claims were left out
	err    error         // set before done
	done   chan struct{} // closed when the batch has been written or could not be
	late   chan struct{} // closed when it has waited for maxWait and is not done

	finished bool        // guarded by the queue's mu
	stop     func() bool // stops the timer that makes it late
}

// errStalled is a claim's answer where the committer is held up: Badger blocks writes while it cannot
// make tables of its logs, and tries again for ever.
var errStalled = fmt.Errorf("nonce store has not been able to write for %s: see to the disk, and claims go on by themselves", maxWait)

// wait returns when b is done, when it is late, or when ctx is.
func (b *batch) wait(ctx context.Context) error {
	select {
	case <-b.done:
		return b.err
	case <-b.late:
		return errStalled
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queue gathers claims while the committer writes.
type queue struct {
	ready   chan struct{} // holds one token while there may be something to take
	after   afterFunc
	stalled atomic.Bool // changed under mu: a batch is late, and none has been finished since

	mu      sync.Mutex
	batches []*batch // guarded by mu; the last one still takes claims
	size    int      // guarded by mu: of the last batch taken, the best guess for the next
	closed  bool     // guarded by mu
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
	b := &batch{
		claims: make([]pending, 0, q.size+q.size/4+1),
		done:   make(chan struct{}),
		late:   make(chan struct{}),
	}
	b.stop = q.after(maxWait, func() { q.overdue(b) })
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
	q.batches[0] = nil
	q.batches = q.batches[1:]
	q.size = len(b.claims)
	return b
}

// overdue gives the callers of b their answer, unless it has just been finished. The committer may
// still write it.
func (q *queue) overdue(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !b.finished {
		q.stalled.Store(true)
		close(b.late)
	}
}

// finish gives the callers of a batch that was taken their answer.
func (q *queue) finish(b *batch, err error) {
	b.stop()
	q.mu.Lock()
	b.finished = true
	q.stalled.Store(false)
	q.mu.Unlock()
	b.err = err
	close(b.done)
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
