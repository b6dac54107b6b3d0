package main

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
)

func TestMain(m *testing.M) { countersigntest.Main(m) }

func TestHelpTeachesAndWrongUsageExitsTwo(t *testing.T) {
	stdout, _, code := countersigntest.Run(t, "--help")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, stdout, "countersign serve --dev")
	for _, arguments := range [][]string{{"no-such-command"}, {"serve"}, {"serve", "--no-such-flag"}, {"serve", "--dev", "--config", "x"}, {"serve", "--config", "x", "--data", "y"}, {"serve", "--dev", "extra"}} {
		stdout, stderr, code := countersigntest.Run(t, arguments...)
		assert.Equal(t, exitUsage, code, "%v: %s", arguments, stderr)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "countersign: ")
	}
}

// TestInterruptEndsACommandThatReads: only serve has something to finish first.
func TestInterruptEndsACommandThatReads(t *testing.T) {
	cmd := exec.Command(countersigntest.Program(t), "explain")
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
