package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/explain"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	settings  settingsFlags
	rules     explainRules
	input     explainInput
	hosts     []string
	requestID string
	at        string
	colour    string
	json      bool
}

func newExplainCommand() *cobra.Command {
	var options explainOptions
	cmd := &cobra.Command{
		Use:   "explain [FILE]",
		Short: "Show what a verifier sees in a request, and why it would refuse it",
		Long: `Show what a verifier sees in a request: the pieces of the signature, the canonical request in each
admitted form, the string to sign, the payload's hash. FILE, or standard input, holds one of these:
  a raw HTTP request, its line ends CR LF or LF
  the output of 'curl -v', 'curl --trace-ascii -' or 'curl --trace -' (the last loses no byte)
  the log of a verifier that writes records (log: {level: debug, record: true}, or
  'serve --dev --log-records'): the last record is taken, or the one of --request-id

With COUNTERSIGN_SECRET set it says whether the signature matches, and if it does not, which change
to what was signed would make it match, and where to put it right: from a bounded list of common
mistakes, one at a time, then each together with another Host. COUNTERSIGN_OLD_SECRETS may hold
the key's older secrets, with spaces between them; COUNTERSIGN_URL and --host say by what
names the client may know the API. No secret, nor what is derived from one, is ever printed.

With --client FILE it compares the canonical request that the client printed with the verifier's,
line by line: the text alone, the debug log of an AWS SDK or botocore, or what 'countersign explain'
showed at the client. Newer curls print it with -v, and then it is compared without being asked for.

The date is compared with the clock, or with the time of the record, for your information only: an
old request is explained like any other. The flags that speak of the verifier's rules are for requests
alone: a record was made by its verifier's own.

` + settingsHelp + `

Exit code 1: a rule is broken, or the signature does not match.`,
		Example: `  countersign explain request.http
  curl -v --aws-sigv4 … http://127.0.0.1:8080/whoami 2>&1 | countersign explain --env-file dev.env
  curl --trace-ascii - --data-binary @order.json … | countersign explain
  countersign explain --request-id 0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15 verifier.log
  countersign explain --client sdk-debug.log request.http
  countersign explain --json < request.http | jq -r '.forms[0].canonical_request'`,
		Args: atMostOne("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return options.run(cmd, args) },
	}
	options.settings.add(cmd)
	options.rules.add(cmd)
	options.input.add(cmd)
	cmd.Flags().StringArrayVar(&options.hosts, "host", nil, "another `HOST` by which the client may know the API; may be repeated")
	cmd.Flags().StringVar(&options.requestID, "request-id", "", "of a log, take the record of this X-Request-Id (`ID`)")
	cmd.Flags().StringVar(&options.at, "at", "", "compare the date with this `TIME` (2026-11-20T09:30:00Z), not with the clock")
	cmd.Flags().StringVar(&options.colour, "color", "auto", "use colours: `WHEN` is auto (on a terminal), always or never")
	cmd.Flags().BoolVar(&options.json, "json", false, "print JSON")
	return cmd
}

func (o *explainOptions) run(cmd *cobra.Command, args []string) error {
	options, colours, err := o.flags(cmd)
	if err != nil {
		return err
	}
	text, err := o.input.request(cmd, args)
	if err != nil {
		return err
	}
	in, err := explain.ReadFrom(text, o.requestID)
	if err != nil {
		return err
	}
	if err := o.input.complete(cmd, in); err != nil {
		return err
	}
	if options.Client, err = o.input.clientText(cmd, text); err != nil {
		return err
	}
	if options.Now.IsZero() && !in.Recorded() {
		options.Now = time.Now()
	}
	report := explain.Explain(in, options)
	if o.json {
		err = writeJSON(cmd.OutOrStdout(), report)
	} else {
		err = report.WriteText(cmd.OutOrStdout(), colours)
	}
	if err != nil {
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

// flags gathers what is known besides the request.
func (o *explainOptions) flags(cmd *cobra.Command) (options explain.Options, colours bool, err error) {
	if o.at != "" {
		if options.Now, err = parseInstant(o.at, time.Now()); err != nil {
			return options, false, usageError{fmt.Errorf("--at: %w", err)}
		}
	}
	if colours, err = useColours(o.colour, cmd.OutOrStdout()); err != nil {
		return options, false, err
	}
	if options.Rules, err = o.rules.rules(); err != nil {
		return options, false, err
	}
	known, err := o.settings.asKnown()
	if err != nil {
		return options, false, err
	}
	if options.OldSecrets, err = oldSecrets(o.settings.envFile); err != nil {
		return options, false, err
	}
	options.Secret, options.KeyID, options.URL, options.Hosts = known.secret, known.keyID, known.url, o.hosts
	options.Region, options.Service = known.target.Region, known.target.Service
	return options, colours, nil
}
