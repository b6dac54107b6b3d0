package badgerstore

import (
	"fmt"
	"sync/atomic"

	"github.com/countersign-dev/countersign/nonce"
)

// diskSpace watches the free space of the store's file system. Badger writes through memory maps,
// and where a page cannot be given its block the kernel kills the process (SIGBUS); so space is
// looked at before every write, which costs a microsecond.
type diskSpace struct {
	path string
	min  int64
	free func(path string) (int64, error)
	low  atomic.Bool // as of the last check
}

// check returns an error wrapping nonce.ErrDiskLow below the floor.
func (d *diskSpace) check() error {
	free, err := d.free(d.path)
	if err != nil {
		d.low.Store(true)
		return fmt.Errorf("free disk space of %s cannot be read: %w", d.path, err)
	}
	d.low.Store(free < d.min)
	if free < d.min {
		return fmt.Errorf("%w: %s has %d MiB, less than %d: free some, and claims go on by themselves",
			nonce.ErrDiskLow, d.path, free>>20, d.min>>20)
	}
	return nil
}
