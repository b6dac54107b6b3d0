package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/explain"
)

// maxRequest bounds what is explained, in bytes.
const maxRequest = 64 << 20

// explainInput is where explain has the request from, and what goes with it. One part at most is
// standard input.
type explainInput struct {
	data   string
	client string
}

func (i *explainInput) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&i.data, "data", "d", "", "the body (`DATA`, or @FILE), where the input lacks it")
	cmd.Flags().StringVar(&i.client, "client", "", "compare with the canonical request that the client printed into this `FILE`")
}

// request reads the named file, or standard input.
func (i *explainInput) request(cmd *cobra.Command, args []string) ([]byte, error) {
	name := "-"
	if len(args) == 1 {
		name = args[0]
	}
	fromStdin := 0
	for _, source := range []struct{ given, stdin string }{{name, "-"}, {i.data, "@-"}, {i.client, "-"}} {
		if source.given == source.stdin {
			fromStdin++
		}
	}
	if fromStdin > 1 {
		return nil, usagef("the request, -d @- and --client - cannot share standard input: give the request as FILE")
	}
	if name == "-" && isTerminal(cmd.InOrStdin()) {
		fmt.Fprintln(cmd.ErrOrStderr(), "reading a request from the terminal (raw HTTP, a curl trace or a verifier's log); end it with Ctrl-D")
	}
	return readBounded(cmd, name)
}

// complete puts in the body that was given.
func (i *explainInput) complete(cmd *cobra.Command, in *explain.Input) error {
	if !cmd.Flags().Changed("data") {
		return nil
	}
	body, err := readData(i.data, cmd.InOrStdin())
	if err == nil {
		in.SetBody(body)
	}
	return err
}

// clientText returns the client's canonical request: of the file named, or as curl printed it beside
// the request; "" where there is none.
func (i *explainInput) clientText(cmd *cobra.Command, request []byte) (string, error) {
	if i.client == "" {
		printed, _ := explain.PrintedByCurl(request)
		return printed, nil
	}
	text, err := readBounded(cmd, i.client)
	if err != nil {
		return "", fmt.Errorf("--client: %w", err)
	}
	printed, err := explain.ReadClient(text)
	if err != nil {
		return "", fmt.Errorf("--client: %w", err)
	}
	return printed, nil
}

// readBounded reads a file, or standard input for "-".
func readBounded(cmd *cobra.Command, name string) ([]byte, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err == nil && len(text) > maxRequest {
		err = fmt.Errorf("the input is longer than %d MiB, the most that is explained", maxRequest>>20)
	}
	return text, err
}
