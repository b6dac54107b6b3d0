package countersigntest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Service is a running "countersign serve". It ends with the test at the latest. Its methods are
// safe for concurrent use.
type Service struct {
	// Settings and Curl are what serve --dev prints: the COUNTERSIGN_… settings of a client, and
	// two commands to paste. With --config there are none.
	Settings map[string]string
	Curl     []string

	cmd            *exec.Cmd
	stdout, stderr *output
	ended          chan struct{}
}

// patience is how long a service may take until it serves.
const patience = time.Minute

// StartDev starts "serve --dev" on a free port, and returns when it has printed all it prints. It
// keeps its data in a directory of the test, unless the arguments say --data.
func StartDev(t testing.TB, arguments ...string) *Service {
	t.Helper()
	line := []string{Program(t), "serve", "--dev", "--listen", "127.0.0.1:0"}
	if !strings.Contains(strings.Join(arguments, " "), "--data") {
		line = append(line, "--data", filepath.Join(t.TempDir(), "data"))
	}
	stdout := newOutput(func(text string) bool { return strings.Count(text, "\ncurl ") == 2 && strings.HasSuffix(text, "\n") })
	s := start(t, "", append(line, arguments...), stdout, newOutput(nil), stdout.ready)
	s.Settings = make(map[string]string)
	for _, line := range strings.Split(s.Printed(), "\n") {
		if name, value, ok := strings.Cut(line, "="); ok && strings.HasPrefix(name, "COUNTERSIGN_") {
			s.Settings[name] = value
		}
		if strings.HasPrefix(line, "curl ") {
			s.Curl = append(s.Curl, line)
		}
	}
	return s
}

// StartConfig starts "serve --config" in the directory of the file, and returns when it serves.
func StartConfig(t testing.TB, config string) *Service {
	t.Helper()
	line := []string{Program(t), "serve", "--config", filepath.Base(config)}
	stderr := newOutput(func(text string) bool { return strings.Contains(text, "msg=serving") })
	return start(t, filepath.Dir(config), line, newOutput(nil), stderr, stderr.ready)
}

func start(t testing.TB, directory string, line []string, stdout, stderr *output, ready <-chan struct{}) *Service {
	t.Helper()
	s := &Service{cmd: exec.Command(line[0], line[1:]...), stdout: stdout, stderr: stderr, ended: make(chan struct{})}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = directory, stdout, stderr
	s.cmd.WaitDelay = 10 * time.Second
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(s.ended); _ = s.cmd.Wait() }()
	t.Cleanup(s.Kill)
	select {
	case <-ready:
	case <-s.ended:
		t.Fatalf("%s ended before it served:\n%s", strings.Join(line, " "), s.Log())
	case <-time.After(patience):
		t.Fatalf("%s does not serve after %s:\n%s", strings.Join(line, " "), patience, s.Log())
	}
	return s
}

// PID is the id of the process.
func (s *Service) PID() int { return s.cmd.Process.Pid }

// Printed is what the service has written to standard output so far.
func (s *Service) Printed() string { return s.stdout.String() }

// Log is what the service has written to standard error so far.
func (s *Service) Log() string { return s.stderr.String() }

// Kill ends the service without a chance to write anything, and returns when it has ended.
func (s *Service) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// Stop asks the service to end, and returns its exit code when it has.
func (s *Service) Stop() int {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.ended
	return s.cmd.ProcessState.ExitCode()
}
