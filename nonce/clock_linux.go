package nonce

import (
	"syscall"
	"time"
	"unsafe"
)

const clockBoottime = 7 // CLOCK_BOOTTIME of <linux/time.h>, which package syscall does not name

func bootTime() time.Duration {
	var spec syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&spec)), 0); errno != 0 {
		return time.Since(processStart)
	}
	return time.Duration(spec.Nano())
}
