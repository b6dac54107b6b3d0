package window

import "sync"

const (
	shareShards = 16
	slotBits    = 28
)

// share names a key's counter: its shard in the upper 4 bits, its slot there in the lower 28.
type share uint32

// shares counts the claims that each key holds, and refuses those beyond the limit. A key that
// holds none costs nothing.
type shares struct {
	limit  int64
	shards [shareShards]shareShard
}

type shareShard struct {
	mu    sync.Mutex
	slots map[[8]byte]uint32 // guarded by mu: the slot of each key that holds claims
	keys  []keyCount         // guarded by mu
	free  []uint32           // guarded by mu: slots to use again
	_     [40]byte
}

type keyCount struct {
	tag  [8]byte
	held int64
}

func newShares(limit int64) *shares {
	s := &shares{limit: limit}
	for i := range s.shards {
		s.shards[i].slots = make(map[[8]byte]uint32)
	}
	return s
}

// take counts one more claim of the key, unless that would go beyond its share.
func (s *shares) take(tag [8]byte) (share, bool) { return s.add(tag, s.limit) }

// force counts one more claim whatever the limit: claims read back from disk are never evicted.
func (s *shares) force(tag [8]byte) share {
	counted, _ := s.add(tag, 1<<62)
	return counted
}

func (s *shares) add(tag [8]byte, limit int64) (share, bool) {
	number := uint32(tag[0] % shareShards)
	shard := &s.shards[number]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	slot, known := shard.slots[tag]
	if !known {
		if limit < 1 {
			return 0, false
		}
		if n := len(shard.free); n > 0 {
			slot, shard.free = shard.free[n-1], shard.free[:n-1]
		} else {
			slot = uint32(len(shard.keys))
			shard.keys = append(shard.keys, keyCount{})
		}
		shard.slots[tag] = slot
		shard.keys[slot] = keyCount{tag: tag}
	}
	count := &shard.keys[slot]
	if count.held >= limit {
		return 0, false
	}
	count.held++
	return share(number<<slotBits | slot), true
}

// release gives back one claim.
func (s *shares) release(held share) {
	shard := &s.shards[held>>slotBits]
	slot := uint32(held) & (1<<slotBits - 1)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	count := &shard.keys[slot]
	count.held--
	if count.held == 0 {
		delete(shard.slots, count.tag)
		shard.free = append(shard.free, slot)
	}
}
