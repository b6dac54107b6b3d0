package badgerstore

import (
	"sync"

	"github.com/countersign-dev/countersign/nonce"
)

// batch is a set of claims that are written together. Its creator fills it through the queue; the
// committer then sets err and closes done, which wakes all callers at once.
type batch struct {
	claims []pending
	room   bool // drop what has expired, down to the second, before the next bucket is due
	done   chan struct{}
	judged int64 // by the committer, before done: the time by which expired claims were left out
	err    error
}

// queue gathers claims while the committer writes.
type queue struct {
	ready chan struct{} // holds one token while there may be something to take

	mu      sync.Mutex
	batches []*batch // guarded by mu; the last one still takes claims
	size    int      // guarded by mu: of the last batch taken, the best guess for the next
	closed  bool     // guarded by mu
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

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
	b := &batch{claims: make([]pending, 0, q.size+q.size/4+1), done: make(chan struct{})}
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
