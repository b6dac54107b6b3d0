package server

import (
	"sync"
	"sync/atomic"

	"github.com/countersign-dev/countersign/nonce"
)

// budget bounds the bytes of all bodies being read at one time. Half of it is for requests whose
// signature has been verified, so that nobody without a key can take it all.
type budget struct {
	limit int64
	used  atomic.Int64
}

func (b *budget) reserve(n int64, proved bool) bool {
	limit := b.limit
	if !proved {
		limit /= 2
	}
	if b.used.Add(n) > limit {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *budget) release(n int64) { b.used.Add(-n) }

// inFlight holds the nonces whose bodies are being read: without it, copies of one signature, none of
// which has claimed it yet, could together take the whole budget. The zero value is ready to use.
type inFlight struct {
	mu     sync.Mutex
	nonces map[nonce.ID]struct{} // guarded by mu
}

// enter reports whether no other copy is being read; if so, leave must follow.
func (f *inFlight) enter(id nonce.ID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.nonces[id]; known {
		return false
	}
	if f.nonces == nil {
		f.nonces = make(map[nonce.ID]struct{})
	}
	f.nonces[id] = struct{}{}
	return true
}

func (f *inFlight) leave(id nonce.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.nonces, id)
}
