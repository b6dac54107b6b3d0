package badgerstore

import (
	"runtime"
	"time"
)

// patience is how long the committer waits for another claim to come in before it writes those that
// have. A write takes longer than that, however small the batch.
const patience = 3 * time.Microsecond

// gather gives those who have just been answered, so many callers, the time to come back with their
// next claims, if they have any. Without it a store in full use falls into a rhythm of two batches, one
// of which is written while the callers of the other come back, or of many small ones; and each write
// costs as much as a dozen claims do besides, and a sync that of a hundred.
func (q *queue) gather(callers int) {
	waiting := q.waiting()
	all := waiting + callers
	for since := time.Now(); waiting < all && time.Since(since) < patience; {
		runtime.Gosched()
		if now := q.waiting(); now > waiting {
			waiting, since = now, time.Now()
		}
	}
}

// waiting is how many claims wait in the batch that is being gathered.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.batches); n > 0 {
		return len(q.batches[n-1].claims)
	}
	return 0
}
