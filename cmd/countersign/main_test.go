package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// programPath is the built command: the tests below run the real thing.
var programPath string

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "countersign-cmd-")
	if err != nil {
		panic(err)
	}
	programPath = filepath.Join(directory, "countersign")
	if out, err := exec.Command("go", "build", "-o", programPath, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(directory)
	os.Exit(code)
}

// service is a running "countersign serve --dev".
type service struct {
	cmd      *exec.Cmd
	settings map[string]string // COUNTERSIGN_… lines
	curl     []string          // the printed commands
	output   string            // standard output up to the last curl line
	log      *os.File
}

// startDev starts the service, and waits until it has printed all it prints.
func startDev(t *testing.T, arguments ...string) *service {
	t.Helper()
	s := &service{settings: make(map[string]string)}
	s.cmd = exec.Command(programPath, append([]string{"serve", "--dev", "--listen", "127.0.0.1:0"}, arguments...)...)
	var err error
	s.log, err = os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	s.cmd.Stderr = s.log
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		_ = s.log.Close()
	})
	lines := bufio.NewScanner(stdout)
	for len(s.curl) < 2 && lines.Scan() {
		s.output += lines.Text() + "\n"
		if name, value, ok := strings.Cut(lines.Text(), "="); ok && strings.HasPrefix(name, "COUNTERSIGN_") {
			s.settings[name] = value
		}
		if strings.HasPrefix(lines.Text(), "curl ") {
			s.curl = append(s.curl, lines.Text())
		}
	}
	require.Len(t, s.curl, 2, "serve --dev ended early: %s", s.logged(t))
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return s
}

func (s *service) logged(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log.Name())
	require.NoError(t, err)
	return string(text)
}

// kill ends the service without a chance to write anything.
func (s *service) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Kill())
	_ = s.cmd.Wait()
}

// stop asks the service to end, and returns its exit code.
func (s *service) stop(t *testing.T) int {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

// runProgram runs the command to its end and returns what it printed and its exit code.
func runProgram(t *testing.T, arguments ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, programPath, arguments...)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run()
	require.NoError(t, ctx.Err(), "the command did not end")
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

func TestHelpTeachesAndWrongUsageExitsTwo(t *testing.T) {
	stdout, _, code := runProgram(t, "--help")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, stdout, "countersign serve --dev")
	for _, arguments := range [][]string{{"no-such-command"}, {"serve"}, {"serve", "--no-such-flag"}, {"serve", "--dev", "--config", "x"}, {"serve", "--config", "x", "--data", "y"}, {"serve", "--dev", "extra"}} {
		stdout, stderr, code := runProgram(t, arguments...)
		assert.Equal(t, exitUsage, code, "%v: %s", arguments, stderr)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "countersign: ")
	}
}

// TestInterruptEndsACommandThatReads: only serve has something to finish first.
func TestInterruptEndsACommandThatReads(t *testing.T) {
	cmd := exec.Command(programPath, "explain")
	stdin, err := cmd.StdinPipe() // left open: the command waits for more
	require.NoError(t, err)
	defer stdin.Close()
	require.NoError(t, cmd.Start())
	_, err = io.WriteString(stdin, "GET / HTTP/1.1\r\n")
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	assert.Equal(t, syscall.SIGINT, cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
}
