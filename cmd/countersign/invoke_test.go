package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// invoke runs a command in this process, as main does, and returns what it wrote and its exit code.
func invoke(t *testing.T, stdin string, arguments ...string) (stdout, stderr string, code int) {
	t.Helper()
	root := &cobra.Command{Use: "countersign", SilenceErrors: true, SilenceUsage: true, Args: noArguments}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newSignCommand(), newExplainCommand(), newVectorsCommand(), newStoreCommand(), newBenchCommand(), newVersionCommand())
	var out, notes bytes.Buffer
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&notes)
	root.SetArgs(arguments)
	code = run(context.Background(), root)
	return out.String(), notes.String(), code
}

// settle sets the COUNTERSIGN_… variables for a test: those given, and no others.
func settle(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{"COUNTERSIGN_KEY_ID", "COUNTERSIGN_SECRET", "COUNTERSIGN_REGION", "COUNTERSIGN_SERVICE", "COUNTERSIGN_URL"} {
		t.Setenv(name, variables[name])
	}
}

// write writes a file, and the directories that it lies in.
func write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
}
