package processor

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Watch tells how much of the machine other programs took.
type Watch struct {
	busy, total float64 // of all processors, in the kernel's ticks
	ours        time.Duration
}

// NewWatch begins to watch.
func NewWatch() Watch {
	w := Watch{ours: family()}
	w.busy, w.total = machine()
	return w
}

// Describe says what was measured on, and how busy others were meanwhile, where the system tells.
func (w Watch) Describe() string {
	text := fmt.Sprintf("%s %s/%s, %d processors, %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().Format(time.DateOnly))
	busy, total := machine()
	if total <= w.total {
		return text
	}
	const ticks = 100 // a second: USER_HZ, the same on all architectures that Go runs on
	others := (busy-w.busy)/ticks - (family() - w.ours).Seconds()
	return text + fmt.Sprintf("; other programs took %.0f %% of it meanwhile", max(0, 100*others*ticks/(total-w.total)))
}

// family is how long this process and those that it has waited for have computed.
func family() time.Duration {
	var children syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children); err != nil {
		panic(err) // it has no error for these arguments
	}
	return Time() + time.Duration(children.Utime.Nano()+children.Stime.Nano())
}

// machine returns how many ticks the processors have been busy, and how many have passed; zeros where
// the system does not tell.
func machine() (busy, total float64) {
	file, err := os.Open("/proc/stat")
	if err != nil {
		return 0, 0
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	if !lines.Scan() {
		return 0, 0
	}
	fields := strings.Fields(lines.Text())
	const name, idle, wait, guest = 0, 4, 5, 9 // proc_stat(5); a guest's time is in the user's, too
	for i, field := range fields {
		if i == name || i >= guest {
			continue
		}
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, 0
		}
		total += ticks
		if i != idle && i != wait {
			busy += ticks
		}
	}
	return busy, total
}
