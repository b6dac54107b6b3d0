package badgerstore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

func TestStoreRefusesBelowTheFreeSpaceFloorAndRecovers(t *testing.T) {
	var free atomic.Int64
	free.Store(minMinFree)
	p := newPlace(t)
	options := Options{Initial: nonce.New, MinFree: minMinFree, Logger: quiet}
	options.hooks.free = func(string) (int64, error) {
		if n := free.Load(); n >= 0 {
			return n, nil
		}
		return 0, errors.New("injected: stale handle")
	}
	var writes atomic.Int64
	options.hooks.log = func(log claimLog) claimLog { return countedLog{log, &writes} }
	s := open(t, p.path, options)
	ctx := context.Background()
	claim := func() error {
		now := time.Now()
		return s.Claim(ctx, randomID(), now, now.Add(time.Minute))
	}
	if err := claim(); err != nil {
		t.Fatal(err)
	}
	written := writes.Load()
	free.Store(minMinFree - 1)
	for range 3 {
		if err := claim(); !errors.Is(err, nonce.ErrDiskLow) {
			t.Fatalf("claim with too little space: %v, want ErrDiskLow", err)
		}
		if err := s.Ready(ctx); !errors.Is(err, nonce.ErrDiskLow) {
			t.Fatalf("ready with too little space: %v, want ErrDiskLow", err)
		}
	}
	if n := writes.Load(); n != written {
		t.Fatalf("%d writes with too little space", n-written)
	}
	free.Store(-1)
	if err := claim(); err == nil {
		t.Fatal("claim was accepted while the free space cannot be read")
	}
	free.Store(minMinFree)
	if err := claim(); err != nil {
		t.Fatalf("claim after space has come back: %v", err)
	}
	if err := s.Ready(ctx); err != nil {
		t.Fatalf("ready after space has come back: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	free.Store(0)
	if _, err := Open(ctx, p.path, options); !errors.Is(err, nonce.ErrDiskLow) {
		t.Fatalf("open with too little space: %v, want ErrDiskLow", err)
	}
}

type countedLog struct {
	claimLog
	writes *atomic.Int64
}

func (l countedLog) write(puts []entry, deletes [][]byte) error {
	l.writes.Add(1)
	return l.claimLog.write(puts, deletes)
}
