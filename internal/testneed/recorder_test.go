package testneed

import (
	"fmt"
	"runtime"
	"testing"
)

// recorder is a test that notes how it ends.
type recorder struct {
	testing.TB
	skipped, failed bool
	text            string
}

func (r *recorder) Skip(arguments ...any) { r.end(&r.skipped, fmt.Sprint(arguments...)) }

func (r *recorder) Fatal(arguments ...any) { r.end(&r.failed, fmt.Sprint(arguments...)) }

func (r *recorder) Fatalf(format string, arguments ...any) {
	r.end(&r.failed, fmt.Sprintf(format, arguments...))
}

// end ends the goroutine, as the methods of a real test do.
func (r *recorder) end(how *bool, text string) {
	*how, r.text = true, text
	runtime.Goexit()
}
