package badgerstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/nonce"
)

// TestStoreOutlivesAFullDisk runs a store on a file system of its own while other files fill it up
// to the floor, and claims until the store refuses. It must refuse, not die, and go on when there is
// room again.
func TestStoreOutlivesAFullDisk(t *testing.T) {
	const size, floor = 160 << 20, minMinFree
	mount := t.TempDir()
	if err := syscall.Mount("countersign", mount, "tmpfs", 0, "size=160m"); err != nil {
		t.Logf("mounting a small tmpfs: %v", err)
		testneed.Missing(t, testneed.Mounts, "run it as root, who may mount a small tmpfs")
	}
	t.Cleanup(func() { _ = syscall.Unmount(mount, syscall.MNT_DETACH) })
	s := open(t, filepath.Join(mount, "claims"), Options{Initial: nonce.New, MinFree: floor})
	ballast, err := os.Create(filepath.Join(mount, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer ballast.Close()
	// Leave a few MiB above the floor for the claims to eat up.
	if err := syscall.Fallocate(int(ballast.Fd()), 0, 0, size-floor-(8<<20)); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	claim := func() error {
		now := time.Now()
		return s.Claim(ctx, randomID(), now, now.Add(time.Minute))
	}
	var low, other atomic.Int64
	var callers sync.WaitGroup
	deadline := time.Now().Add(30 * time.Second)
	for range 64 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for time.Now().Before(deadline) && other.Load() == 0 {
				if err := claim(); errors.Is(err, nonce.ErrDiskLow) {
					low.Add(1)
					return
				} else if err != nil {
					other.Add(1)
				}
			}
		}()
	}
	callers.Wait()
	if low.Load() != 64 || other.Load() != 0 {
		t.Fatalf("%d of 64 callers were refused with ErrDiskLow, %d otherwise", low.Load(), other.Load())
	}
	if err := ballast.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if err := claim(); err != nil {
		t.Fatalf("claim after space has come back: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
