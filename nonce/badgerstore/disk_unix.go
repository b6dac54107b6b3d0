//go:build darwin || linux

package badgerstore

import (
	"io/fs"
	"syscall"
)

// freeSpace returns the bytes that this user may still write to the file system of path.
func freeSpace(path string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, err
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// allocated returns the bytes that a file takes up on disk; Badger's logs have holes.
func allocated(file fs.FileInfo) int64 {
	if stat, ok := file.Sys().(*syscall.Stat_t); ok {
		return stat.Blocks * 512
	}
	return file.Size()
}
