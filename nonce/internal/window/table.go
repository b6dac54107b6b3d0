package window

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// table holds claims by key: open addressing with linear probing, 24 bytes a slot. Go's map takes up
// to 57 bytes a claim, depending on how many there are, and never gives back what a sweep has emptied.
type table struct {
	slots []slot
	taken int // of the slots, at most four in five
}

type slot struct {
	key   key
	claim claim // expires is 0 in a free slot
}

// seeds make the place of a key in a table unknown outside the process, so that nobody can choose
// nonces that crowd together.
var seeds = [2]uint64{rand.Uint64(), rand.Uint64()}

// hash spreads k over 64 bits; where its upper bits choose a slot, its lower ones may choose a shard.
func (k *key) hash() uint64 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(k[:8])^seeds[0], binary.LittleEndian.Uint64(k[8:])^seeds[1])
	return hi ^ lo
}

// place returns the slot that holds k, or the free one in which k would go; the table has a free one.
func (t *table) place(k key, hash uint64) *slot {
	at, _ := bits.Mul64(hash, uint64(len(t.slots)))
	for {
		s := &t.slots[at]
		if s.claim.expires == 0 || s.key == k {
			return s
		}
		if at++; at == uint64(len(t.slots)) {
			at = 0
		}
	}
}

// find returns the claim of k, or one that expires at 0.
func (t *table) find(k key, hash uint64) claim {
	if t.taken == 0 {
		return claim{}
	}
	return t.place(k, hash).claim
}

// makeRoom sees to it that one more claim fits, and a slot stays free.
func (t *table) makeRoom() {
	if t.taken+1 > len(t.slots)*4/5 {
		t.resize()
	}
}

// resize moves the claims into new slots, of which 48 to 63 in a hundred are then taken. That it is
// not the same for all tables keeps them from growing all at once, and makes it some 37 bytes a claim
// on the whole.
func (t *table) resize() {
	old := t.slots
	t.slots = make([]slot, 4+t.taken*8/5+rand.IntN(t.taken/2+1))
	for i := range old {
		if s := &old[i]; s.claim.expires != 0 {
			*t.place(s.key, s.key.hash()) = *s
		}
	}
}

// sweep removes what expires at or before a second, and hands each to removed.
func (t *table) sweep(second uint32, removed func(claim)) {
	left := 0
	for i := range t.slots {
		s := &t.slots[i]
		if s.claim.expires == 0 {
			continue
		}
		if s.claim.expires > second {
			left++
			continue
		}
		removed(s.claim)
		s.claim.expires = 0
	}
	if left == t.taken {
		return
	}
	// Claims stand where they do because of those before them, so that all are placed anew.
	t.taken = left
	t.resize()
}
