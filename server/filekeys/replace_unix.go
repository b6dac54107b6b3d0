//go:build !windows

package filekeys

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives the file at path the owner and group in info. It fails rather than leave a file that the
// verifier, who runs as the owner, can no longer read.
func keepOwner(path string, info fs.FileInfo) error {
	if info == nil {
		return nil
	}
	made, err := os.Lstat(path)
	if err != nil {
		return err
	}
	before, ok := info.Sys().(*syscall.Stat_t)
	now, alike := made.Sys().(*syscall.Stat_t)
	if !ok || !alike || before.Uid == now.Uid && before.Gid == now.Gid {
		return nil
	}
	if err := os.Lchown(path, int(before.Uid), int(before.Gid)); err != nil {
		return fmt.Errorf("the file belongs to user %d and group %d, and would no longer: edit it as that user, or as root", before.Uid, before.Gid)
	}
	return nil
}

func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	defer directory.Close()
	return directory.Sync()
}
