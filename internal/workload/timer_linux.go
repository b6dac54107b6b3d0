package workload

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timer waits to within some ten microseconds. The Go runtime's own timers round up to a
// millisecond on a machine that is idle (epoll_wait's unit), several times what a fast server
// needs to answer; a timerfd wakes the poller itself.
type timer struct {
	file *os.File
	raw  interface{ Control(func(uintptr)) error }
	read [8]byte
}

func newTimer() (*timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	t := &timer{file: os.NewFile(uintptr(fd), "timerfd")}
	if t.raw, err = t.file.SyscallConn(); err != nil {
		return nil, err
	}
	return t, nil
}

// wait returns when the duration has passed, or at once when the timer has been stopped.
func (t *timer) wait(duration time.Duration) {
	if duration <= 0 {
		return
	}
	setting := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(duration))}
	var failure error
	err := t.raw.Control(func(fd uintptr) { failure = unix.TimerfdSettime(int(fd), 0, &setting, nil) })
	if err != nil || failure != nil {
		return // stopped
	}
	_, _ = t.file.Read(t.read[:])
}

func (t *timer) stop() { _ = t.file.Close() }
