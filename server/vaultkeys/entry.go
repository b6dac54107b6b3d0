package vaultkeys

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/server"
)

// entry is one key that Vault listed.
type entry struct {
	id      string
	cached  atomic.Pointer[cached]  // nil: not read yet, or unused for long
	failure atomic.Pointer[failure] // of the first reading; nil: none
	used    atomic.Int64            // when it was asked for last, by Source.elapsed, within a second or so
	due     atomic.Int64            // when it is to be read again, likewise
	busy    atomic.Bool             // it is being refreshed
	failing atomic.Bool             // the last reading failed

	reading  sync.Mutex      // held through a reading
	payloads map[int]payload // under reading: of the versions that the record was made of
	told     version         // under reading: of the malformed record last told of
}

// cached is what a reading found. It is never changed.
type cached struct {
	asOf    time.Time // when the reading began
	history history   // nil where the path is gone
	key     *server.Key
	err     error // wraps server.ErrUnknownKey, where key is nil
	record  *Record
	problem *FieldError // of a malformed record
	shared  bool        // the problem is a secret that another key has: it may end without a change here
}

// failure is why a first reading failed, and is the answer to those who ask until then.
type failure struct {
	err   error
	until time.Time
}

// payload is what a version holds: it never changes.
type payload struct {
	created time.Time // a path that was deleted and written anew begins again at version 1
	data    map[string]any
}

// touch takes down that the entry is in use. Most requests find that it is known already, so that
// processors do not fight over the memory.
func (e *entry) touch(elapsed int64) {
	if elapsed-e.used.Load() > int64(time.Second) {
		e.used.Store(elapsed)
	}
}

func (e *entry) idle(elapsed int64, limit time.Duration) bool {
	return elapsed-e.used.Load() > int64(limit+time.Second)
}

// forget drops what was read, unless it is being read right now.
func (e *entry) forget() {
	if e.reading.TryLock() {
		e.cached.Store(nil)
		e.payloads = nil
		e.reading.Unlock()
	}
}
