// Command countersign signs HTTP requests and verifies them. See its --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes that scripts may rely on.
const (
	exitDone   = 0
	exitFailed = 1 // refused, mismatched or failed
	exitUsage  = 2 // wrong usage
)

func main() {
	os.Exit(run(context.Background(), newRootCommand()))
}

// run executes a command and returns the process's exit code.
func run(ctx context.Context, root *cobra.Command) int {
	failed, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if !errors.Is(err, errSilent) {
		// The client package's errors say where they come from.
		fmt.Fprintln(root.ErrOrStderr(), "countersign: "+strings.TrimPrefix(err.Error(), "countersign: "))
	}
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(root.ErrOrStderr(), "see '%s --help'\n", failed.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// errSilent fails a command that has said why already.
var errSilent = errors.New("failed")

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "countersign",
		Short: "Sign HTTP requests with a shared secret, and verify them",
		Long: `Countersign signs HTTP requests with a shared secret and verifies them: each request
is accepted once, within five minutes, and never again.

Try it:
  countersign serve --dev          start a verifier; it prints a curl line to paste
  countersign sign GET /whoami     sign a request with the variables that it prints

Exit codes: 0 done; 1 refused, mismatched or failed; 2 wrong usage.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newServeCommand(), newSignCommand(), newExplainCommand(), newKeysCommand(),
		newStoreCommand(), newVectorsCommand(), newBenchCommand(), newVersionCommand(),
	)
	return root
}

// noArguments refuses arguments, and with them unknown commands.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unknown command or argument %q for %s", args[0], cmd.CommandPath())
	}
	return nil
}
