package window

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func keyFor(n uint64) (k key) {
	binary.LittleEndian.PutUint64(k[:], n*0x9E3779B97F4A7C15)
	return k
}

// put is what the index does under its lock.
func (t *table) put(k key, c claim) {
	t.makeRoom()
	place := t.place(k, k.hash())
	if place.claim.expires == 0 {
		t.taken++
	}
	*place = slot{k, c}
}

// TestTableHoldsWhatAMapWould puts, finds and sweeps at random, beside a map.
func TestTableHoldsWhatAMapWould(t *testing.T) {
	const keys = 3000
	var table table
	model := make(map[key]claim)
	second := uint32(1)
	for range 60 {
		for range rand.IntN(1000) {
			k, c := keyFor(rand.Uint64N(keys)), claim{second + 1 + rand.Uint32N(20), share(rand.Uint32())}
			table.put(k, c)
			model[k] = c
		}
		if rand.IntN(3) == 0 {
			second += rand.Uint32N(10)
			removed := 0
			table.sweep(second, func(c claim) {
				if c.expires > second {
					t.Fatalf("a claim that expires at %d was swept at %d", c.expires, second)
				}
				removed++
			})
			before := len(model)
			for k, c := range model {
				if c.expires <= second {
					delete(model, k)
				}
			}
			if removed != before-len(model) {
				t.Fatalf("%d were swept, want %d", removed, before-len(model))
			}
		}
		if table.taken != len(model) {
			t.Fatalf("%d taken, want %d", table.taken, len(model))
		}
		for n := range uint64(keys) {
			k := keyFor(n)
			if got := table.find(k, k.hash()); got != model[k] {
				t.Fatalf("key %d: %v, want %v", n, got, model[k])
			}
		}
	}
}

// TestTableStaysWithinItsBytes: the room of a claim is bounded however many there are, and given back.
func TestTableStaysWithinItsBytes(t *testing.T) {
	var table table
	check := func(n int) {
		t.Helper()
		if used := len(table.slots) * int(unsafe.Sizeof(slot{})); used > 51*n+200 {
			t.Fatalf("%d bytes for %d claims", used, n)
		}
	}
	for n := range 20_000 {
		table.put(keyFor(uint64(n)), claim{expires: uint32(n + 1)})
		check(n + 1)
	}
	for n := 20_000; n > 0; n -= 1000 {
		table.sweep(uint32(20_000-n+1000), func(claim) {})
		check(n - 1000)
	}
	if table.taken != 0 {
		t.Fatalf("%d claims are left", table.taken)
	}
}
