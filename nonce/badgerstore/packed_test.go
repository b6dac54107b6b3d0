package badgerstore

import (
	"math"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

func TestPackedClaimsKeepNoLessThanAsked(t *testing.T) {
	claims := []pending{{nonce.ID{1}, 1, 1_000_000_001}, {nonce.ID{2}, 2e9, 31e9}, {nonce.ID{3}, 0, math.MaxInt64}}
	value, end := appendClaims(nil, claims[:2], position{1, 1})
	if end != 60 {
		t.Errorf("bucket ends at %d, want 60", end)
	}
	i := 0
	_, err := unpackClaims(value, func(c pending) {
		if c.id != claims[i].id || c.expires < claims[i].expires || c.signed < claims[i].signed ||
			c.expires >= claims[i].expires+int64(time.Second) {
			t.Errorf("claim %d came back as %+v", i, c)
		}
		i++
	})
	if err != nil || i != 2 {
		t.Fatalf("%d claims, %v", i, err)
	}
	if _, end := appendClaims(nil, claims, position{1, 1}); end < math.MaxUint32 {
		t.Errorf("bucket of a claim beyond all seconds ends at %d", end)
	}
}

func TestLivesDouble(t *testing.T) {
	for remaining, want := range map[time.Duration]int{
		0: 0, time.Second: 0, headerLife: 0, headerLife + 1: 1, 2 * headerLife: 1, 2*headerLife + 1: 2,
		902 * time.Second: 1, 7 * 24 * time.Hour: 10, math.MaxInt64: 24,
	} {
		if got := lifeOf(int64(remaining)); got != want {
			t.Errorf("%s: class %d, want %d", remaining, got, want)
		}
	}
	if lifeOf(-5) != 0 {
		t.Error("an expired claim has no class")
	}
}
