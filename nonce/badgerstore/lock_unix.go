//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package badgerstore

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes the lock at path, shared or exclusive, without waiting; wasHeld means that
// another holder stands against it. Closing the file gives the lock back, as does the process's
// end. An exclusive lock creates the file, a shared one changes nothing.
func lockFile(path string, shared bool) (file *os.File, wasHeld bool, err error) {
	flag, how := os.O_RDWR|os.O_CREATE, syscall.LOCK_EX
	if shared {
		flag, how = os.O_RDONLY, syscall.LOCK_SH
	}
	file, err = os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, false, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, errors.Is(err, syscall.EWOULDBLOCK), err
	}
	return file, false, nil
}
