package countersigntest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is the command, as built for the tests of this process.
var built struct {
	sync.Mutex
	directory string // "" outside Main
	program   string // "" until the first test asks
}

// Main runs the tests of a package, removes what was built for them, and ends the process. It is
// all that TestMain has to call.
func Main(m *testing.M) {
	directory, err := os.MkdirTemp("", "countersign-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.directory = directory
	code := m.Run()
	_ = os.RemoveAll(directory)
	os.Exit(code)
}

// Program returns the path of the command, which is built once for all tests of the package. The
// file is called countersign, and is alone in its directory.
func Program(t testing.TB) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.directory == "" {
		t.Fatal("countersigntest: call countersigntest.Main in the package's TestMain")
	}
	if built.program != "" {
		return built.program
	}
	program := filepath.Join(built.directory, "countersign")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", program, "github.com/countersign-dev/countersign/cmd/countersign").CombinedOutput()
	if err != nil {
		t.Fatalf("building countersign: %v\n%s", err, out)
	}
	built.program = program
	return program
}

// Run runs the command to its end, which has to come within a minute, and returns what it wrote and
// its exit code.
func Run(t testing.TB, arguments ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, Program(t), arguments...)
	var out, notes strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &notes
	err := cmd.Run()
	if ctx.Err() != nil || cmd.ProcessState == nil {
		t.Fatalf("countersign %s did not run to its end: %v\n%s", strings.Join(arguments, " "), err, &notes)
	}
	return out.String(), notes.String(), cmd.ProcessState.ExitCode()
}
