package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/vectorrun"
	"github.com/countersign-dev/countersign/testvectors"
)

func newVectorsCommand() *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use:   "vectors [DIR]",
		Short: "Run published test vectors against this verifier",
		Long: `Run the test vectors in DIR, or those that are built in: each is a request that must be
accepted, or refused for the reason that the vector names. Their format stands in
testvectors/README.md.

Exit code 1: a vector failed, or there are none.`,
		Example: `  countersign vectors
  countersign vectors testvectors
  countersign vectors -v ./my-vectors`,
		Args: atMostOne("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var corpus fs.FS = testvectors.FS
			name := "the built-in vectors"
			if len(args) == 1 {
				corpus, name = os.DirFS(args[0]), args[0]
			}
			set, err := testvectors.Load(corpus)
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s holds no vectors: it must have verifier.json, accept/ and refuse/ (%w)", name, err)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return runVectors(cmd, set, verbose)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list the vectors that passed, too")
	return cmd
}

func runVectors(cmd *cobra.Command, set *testvectors.Set, verbose bool) error {
	out := cmd.OutOrStdout()
	passed, failed := 0, 0
	for _, result := range vectorrun.Run(set) {
		switch {
		case !result.Passed():
			failed++
			fmt.Fprintf(out, "FAIL %s: %s\n", result.Case.Name, result.Problem)
		case verbose:
			fmt.Fprintf(out, "ok   %s\n", result.Case.Name)
			passed++
		default:
			passed++
		}
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		return errSilent
	}
	return nil
}
