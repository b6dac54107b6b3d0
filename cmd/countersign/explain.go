package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/explain"
)

// maxRequest bounds a raw request that is explained, in bytes.
const maxRequest = 64 << 20

// explainOptions are the flags of explain.
type explainOptions struct {
	settings settingsFlags
	data     string
	hasData  bool
	at       string
	json     bool
}

func newExplainCommand() *cobra.Command {
	var options explainOptions
	cmd := &cobra.Command{
		Use:   "explain [FILE]",
		Short: "Show what a verifier sees in a request, and why it would refuse it",
		Long: `Read a raw HTTP request from FILE or standard input, and show what a verifier sees: the
pieces of the signature, the canonical request in each admitted form, the string to sign, the
payload's hash. Line ends may be CR LF or LF; the output of 'curl -v' is understood too.

With COUNTERSIGN_SECRET set it says whether the signature matches, and if it does not, which
single change to what was signed would make it match, from a fixed list of common mistakes.
The secret and what is derived from it are never printed.

The date is compared with the clock for your information only: an old request is explained like
any other.

` + settingsHelp + `

Exit code 1: a rule is broken, or the signature does not match.`,
		Example: `  countersign explain request.http
  curl -v --aws-sigv4 … http://127.0.0.1:8080/whoami 2>&1 | countersign explain --env-file dev.env
  curl -v --data-binary @order.json … 2>&1 | countersign explain -d @order.json
  countersign explain --json < request.http | jq -r '.forms[0].canonical_request'`,
		Args: atMostOne("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options.hasData = cmd.Flags().Changed("data")
			if options.data == "@-" && (len(args) == 0 || args[0] == "-") {
				return usagef("-d @- and the request cannot both be standard input: give the request as FILE")
			}
			text, err := readRequest(cmd, args)
			if err != nil {
				return err
			}
			return options.run(cmd, text)
		},
	}
	options.settings.add(cmd)
	cmd.Flags().StringVarP(&options.data, "data", "d", "", "the body (`DATA`, or @FILE), where the input lacks it")
	cmd.Flags().StringVar(&options.at, "at", "", "compare the date with this `TIME` (2026-11-20T09:30:00Z), not with the clock")
	cmd.Flags().BoolVar(&options.json, "json", false, "print JSON")
	return cmd
}

// readRequest reads the named file, or standard input.
func readRequest(cmd *cobra.Command, args []string) ([]byte, error) {
	in := cmd.InOrStdin()
	if len(args) == 1 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	} else if isTerminal(in) {
		fmt.Fprintln(cmd.ErrOrStderr(), "reading a raw HTTP request from the terminal; end it with Ctrl-D")
	}
	text, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err == nil && len(text) > maxRequest {
		err = fmt.Errorf("the request is longer than %d MiB, the most that is explained", maxRequest>>20)
	}
	return text, err
}

func isTerminal(in io.Reader) bool {
	file, ok := in.(*os.File)
	if !ok {
		return false
	}
	about, err := file.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}

func (o *explainOptions) run(cmd *cobra.Command, text []byte) error {
	now := time.Now()
	if o.at != "" {
		var err error
		if now, err = parseInstant(o.at, now); err != nil {
			return usageError{fmt.Errorf("--at: %w", err)}
		}
	}
	known, err := o.settings.asKnown()
	if err != nil {
		return err
	}
	in, err := explain.Read(text)
	if err != nil {
		return err
	}
	if o.hasData {
		body, err := readData(o.data, cmd.InOrStdin())
		if err != nil {
			return err
		}
		in.SetBody(body)
	}
	report := explain.Explain(in, explain.Options{
		Now: now, Secret: known.secret, KeyID: known.keyID, Region: known.target.Region, Service: known.target.Service,
	})
	if err := writeReport(cmd.OutOrStdout(), report, o.json); err != nil {
		return err
	}
	switch {
	case report.Verdict == explain.Refused || report.Verdict == explain.Mismatch:
		return errSilent
	case len(report.Forms) == 0:
		return errors.New("the body is not in the input: give it with -d @FILE")
	}
	return nil
}

func writeReport(out io.Writer, report *explain.Report, asJSON bool) error {
	if !asJSON {
		return report.WriteText(out)
	}
	return writeJSON(out, report)
}
