//go:build !darwin && !linux && !windows

package badgerstore

import (
	"errors"
	"io/fs"
)

// freeSpace refuses: a full disk would take the process down.
func freeSpace(string) (int64, error) {
	return 0, errors.New("free disk space cannot be read on this operating system: use redisstore")
}

// allocated returns the length of a file, which may be more than it takes up on disk.
func allocated(file fs.FileInfo) int64 { return file.Size() }
