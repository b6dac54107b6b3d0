package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/testneed"
)

// terminal opens both ends of a new terminal: what is written to one is read from the other.
func terminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		testneed.Skip(t, "there are no terminals to be had here: "+err.Error())
	}
	t.Cleanup(func() { _ = ours.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = theirs.Close() })
	return ours, theirs
}

func TestExplainPaintsOnATerminal(t *testing.T) {
	for name, test := range map[string]struct {
		environment []string
		arguments   []string
		painted     bool
	}{
		"terminal": {painted: true},
		"NO_COLOR": {environment: []string{"NO_COLOR=1"}},
		"dumb":     {environment: []string{"TERM=dumb"}},
		"never":    {arguments: []string{"--color=never"}},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := terminal(t)
			cmd := exec.Command(countersigntest.Program(t), append([]string{"explain"}, test.arguments...)...)
			cmd.Env = append([]string{"TERM=xterm"}, test.environment...)
			cmd.Stdin, cmd.Stdout = strings.NewReader("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), theirs
			require.NoError(t, cmd.Start())
			require.NoError(t, theirs.Close()) // the process has its own: reading ends when it does
			text, _ := io.ReadAll(ours)
			assert.Error(t, cmd.Wait(), "it is not signed")
			require.Contains(t, string(text), "missing_signature")
			assert.Equal(t, test.painted, strings.Contains(string(text), "\x1b["), "%q", text)
		})
	}
}

// TestExplainPromptsOnATerminalAlone: nobody waits at /dev/null, though it is a device as terminals are.
func TestExplainPromptsOnATerminalAlone(t *testing.T) {
	ours, theirs := terminal(t)
	_, err := ours.WriteString("GET / HTTP/1.1\nHost: a\n\n\x04")
	require.NoError(t, err)
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	t.Cleanup(func() { _ = null.Close() })
	for stdin, prompts := range map[*os.File]bool{theirs: true, null: false} {
		var notes strings.Builder
		cmd := exec.Command(countersigntest.Program(t), "explain")
		cmd.Stdin, cmd.Stderr = stdin, &notes
		assert.Error(t, cmd.Run(), "it is not signed, or nothing at all")
		assert.Equal(t, prompts, strings.Contains(notes.String(), "from the terminal"), "%s: %s", stdin.Name(), &notes)
	}
}
