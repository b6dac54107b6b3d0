package window

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"
)

const shardCount = 1024

// index maps ids to expiries. It keeps one table per shard of ids instead of one per bucket of
// expiry: a lookup then costs one access however many buckets are alive, and a dropped bucket is
// swept out of each shard the next time a claim passes there.
type index struct {
	capacity int64
	held     atomic.Int64
	shares   *shares
	shards   [shardCount]shard
}

type shard struct {
	mu     sync.Mutex
	claims table    // guarded by mu
	swept  int64    // guarded by mu: nothing at or below this drop line is left
	_      [16]byte // keeps neighbours off this shard's cache line
}

// key stands for a whole id in 16 bytes. The last 16 bytes of an id hash key id and nonce
// together, so they alone are unique; the key's tag is mixed in so that ids which differ there
// alone differ here too.
type key [16]byte

// claim is 8 bytes: at ten million of them each byte more is ten megabytes.
type claim struct {
	expires uint32 // seconds since 1970, rounded up
	share   share
}

func newIndex(capacity, keyShare int) *index {
	return &index{capacity: int64(capacity), shares: newShares(int64(keyShare))}
}

func keyOf(id [24]byte) key {
	var k key
	binary.LittleEndian.PutUint64(k[:8], binary.LittleEndian.Uint64(id[8:16])^binary.LittleEndian.Uint64(id[:8]))
	copy(k[8:], id[16:])
	return k
}

func (x *index) shard(hash uint64) *shard { return &x.shards[hash%shardCount] }

func (x *index) claim(now int64, id [24]byte, expires int64, dropLine *atomic.Int64) Verdict {
	until, ok := seconds(expires)
	if !ok {
		return Verdict{Kind: Undecided}
	}
	k := keyOf(id)
	hash := k.hash()
	s := x.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	// Read under the lock: whoever swept this shard had moved the line before, so a claim that
	// was held up since its times were judged cannot slip in behind the sweep.
	line := dropLine.Load()
	if expires <= line {
		return Verdict{BelowDropLine, line}
	}
	x.sweepShard(s, line)

	s.claims.makeRoom()
	place := s.claims.place(k, hash)
	if old := place.claim; old.expires != 0 {
		if int64(old.expires)*int64(time.Second) > now {
			return Verdict{Kind: Replayed}
		}
		// The same key's claim, expired but not yet dropped: it takes over room and share.
		place.claim.expires = until
		return Verdict{Kind: Won}
	}
	if x.held.Add(1) > x.capacity {
		x.held.Add(-1)
		return Verdict{Kind: Full}
	}
	held, ok := x.shares.take([8]byte(id[:8]))
	if !ok {
		x.held.Add(-1)
		return Verdict{Kind: OverShare}
	}
	*place = slot{k, claim{expires: until, share: held}}
	s.claims.taken++
	return Verdict{Kind: Won}
}

func (x *index) restore(id [24]byte, expires int64) {
	until, ok := seconds(expires)
	if !ok {
		until = ^uint32(0)
	}
	k := keyOf(id)
	hash := k.hash()
	s := x.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims.makeRoom()
	place := s.claims.place(k, hash)
	if place.claim.expires != 0 {
		place.claim.expires = max(place.claim.expires, until)
		return
	}
	x.held.Add(1)
	*place = slot{k, claim{expires: max(1, until), share: x.shares.force([8]byte(id[:8]))}}
	s.claims.taken++
}

func (x *index) live(now int64, id [24]byte) bool {
	k := keyOf(id)
	hash := k.hash()
	s := x.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(s.claims.find(k, hash).expires)*int64(time.Second) > now
}

func (x *index) sweep(line int64) {
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.Lock()
		x.sweepShard(s, line)
		s.mu.Unlock()
	}
}

// sweepShard forgets what expires at or before line. The caller holds s.mu.
func (x *index) sweepShard(s *shard, line int64) {
	if line <= s.swept {
		return
	}
	s.swept = line
	s.claims.sweep(uint32(min(line/int64(time.Second), 1<<32-1)), func(c claim) {
		x.shares.release(c.share) // first: a claim takes room before it takes its share
		x.held.Add(-1)
	})
}
