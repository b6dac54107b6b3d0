//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package badgerstore

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock two processes could accept the same request.
func lockFile(string, bool) (*os.File, bool, error) {
	return nil, false, errors.New("directories cannot be locked on this operating system: use redisstore")
}
