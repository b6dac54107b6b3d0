package badgerstore

import (
	"runtime"
	"time"
)

const (
	// patience is how long the committer waits for another claim to come in before it writes those that
	// have. A write takes longer than that, however small the batch.
	patience = 3 * time.Microsecond
	// enough claims share a write well enough. To wait for more costs more than it saves: the committer
	// takes up a processor meanwhile.
	enough = 64
	// comeBack is about what a caller needs, on one processor, from one claim's answer to the next claim.
	comeBack = 2 * time.Microsecond
)

// gather gives those who have just been answered, so many callers, the time to come back with their
// next claims, if they have any. Without it a store in full use falls into a rhythm of two batches, one
// of which is written while the callers of the other come back, or of many small ones; and each write
// costs as much as a dozen claims do besides, and a sync as a hundred.
//
// sync is how long the disk took for the last batch, 0 if it was not synced. A disk that is done before
// the callers can be back is not made to wait for them: there two batches in turns keep both the disk
// and the processors busy.
func (q *queue) gather(callers int, sync time.Duration) {
	waiting := q.waiting()
	all := waiting + callers
	switch {
	case sync == 0:
		all = min(all, enough)
	case sync < time.Duration(all)*comeBack:
		return
	}
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
