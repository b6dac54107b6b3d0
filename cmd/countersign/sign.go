package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
)

// signOptions are the flags of sign.
type signOptions struct {
	settings settingsFlags
	headers  []string
	data     string
	dialect  string
	output   string
	presign  time.Duration
	send     bool
	verbose  bool
	given    func(flag string) bool // whether a flag was given
}

func newSignCommand() *cobra.Command {
	var options signOptions
	cmd := &cobra.Command{
		Use:   "sign METHOD URL",
		Short: "Sign a request",
		Long: `Sign a request, and print what there is to send, or send it.

URL may be a path, such as /whoami, if COUNTERSIGN_URL is set.

` + settingsHelp + `

--output says what to print:
  headers  the header lines to add to the request, as 'curl -H @FILE' reads them (the default)
  curl     a whole curl command
  http     the whole request, as it goes over the wire
--presign 5m prints a URL that holds its signature instead, for whoever cannot sign, with this
METHOD alone. It is good once (again and again where the verifier's routes say presign: reusable),
and no longer than that; a verifier may allow less, 15m unless set otherwise.

--send sends the request: the answer's status goes to standard error (its headers too, with -v),
its body to standard output. Redirects are not followed.

A signature is good once, for five minutes: sign again for each request.

Exit code 1: it could not be signed, or with --send, the answer was not 2xx.`,
		Example: `  countersign sign --env-file dev.env --send GET /whoami
  countersign sign POST /v1/orders -H 'Content-Type: application/json' -d @order.json --output curl
  countersign sign GET /whoami > headers && curl -H @headers "$COUNTERSIGN_URL/whoami"
  countersign sign GET '/v1/orders?limit=10' --presign 5m
  countersign sign --dialect aws4 --region live --service orders GET https://api.example.com/v1/orders`,
		Args: exactly("METHOD", "URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options.given = cmd.Flags().Changed
			return options.run(cmd, args[0], args[1])
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&options.headers, "header", "H", nil, "add this `'NAME: VALUE'`, signed; may be repeated")
	flags.StringVarP(&options.data, "data", "d", "", "the body: `DATA`, @FILE, or @- for standard input, byte for byte")
	flags.StringVar(&options.dialect, "dialect", "cs4", "sign in this `DIALECT`: cs4, or aws4 if the key may use it")
	flags.StringVar(&options.output, "output", "headers", "print this `FORM`: headers, curl or http")
	flags.DurationVar(&options.presign, "presign", 0, "print a presigned URL, good for this `TIME` (1s to 168h; verifiers may allow less)")
	flags.BoolVar(&options.send, "send", false, "send the request and print the answer")
	flags.BoolVarP(&options.verbose, "verbose", "v", false, "with --send: print the answer's headers")
	options.settings.add(cmd)
	return cmd
}

// check refuses flags that make no sense, alone or together.
func (o *signOptions) check() error {
	switch {
	case o.output != "headers" && o.output != "curl" && o.output != "http":
		return usagef("--output is headers, curl or http, not %q", o.output)
	case o.given("presign") && o.send:
		return usagef("--presign prints a URL and --send sends: give one of them")
	case o.given("presign") && o.given("output"):
		return usagef("--presign prints a URL: leave --output out")
	case o.send && o.given("output"):
		return usagef("--send prints the answer: leave --output out")
	case o.verbose && !o.send:
		return usagef("-v prints the headers of the answer: give it with --send")
	case o.given("presign") && (o.presign < time.Second || o.presign > longestPresign || o.presign%time.Second != 0):
		return usagef("--presign takes whole seconds from 1s to 168h, not %v", o.presign)
	}
	return nil
}

const (
	longestPresign = 604800 * time.Second
	// defaultPresignCap is how long a verifier lets presigned URLs live unless it is told otherwise.
	defaultPresignCap = 900 * time.Second
)

func (o *signOptions) run(cmd *cobra.Command, method, target string) error {
	if err := o.check(); err != nil {
		return err
	}
	dialect, ok := canonical.ParseDialect(o.dialect)
	if !ok {
		return usagef("--dialect is cs4 or aws4, not %q", o.dialect)
	}
	settings, err := o.settings.forSigning()
	if err != nil {
		return err
	}
	body, err := o.body(cmd.InOrStdin())
	if err != nil {
		return err
	}
	req, err := buildRequest(cmd.Context(), method, target, settings.URL, o.headers, body)
	if err != nil {
		return err
	}
	// What a URL may live is the verifier's to cap: a note is enough.
	signer := client.NewSigner(settings.Credentials, settings.Target, client.WithDialect(dialect),
		client.WithRules(canonical.Rules{MaxExpires: int(longestPresign / time.Second)}))
	switch {
	case o.send:
		return sendSigned(signer, req, o.verbose, cmd.OutOrStdout(), cmd.ErrOrStderr())
	case o.given("presign"):
		return o.printPresigned(signer, req, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	if err := signer.Sign(req); err != nil {
		return err
	}
	switch o.output {
	case "curl":
		return writeCurl(cmd.OutOrStdout(), req, o.data, body)
	case "http":
		return writeHTTP(cmd.OutOrStdout(), req)
	}
	return writeSignature(cmd.OutOrStdout(), req, dialect)
}

// body returns the bytes of -d, or nil if it was not given.
func (o *signOptions) body(stdin io.Reader) ([]byte, error) {
	if !o.given("data") {
		return nil, nil
	}
	return readData(o.data, stdin)
}

func (o *signOptions) printPresigned(signer *client.Signer, req *http.Request, out, notes io.Writer) error {
	presigned, err := signer.Presign(req, o.presign)
	if err != nil {
		return err
	}
	if o.presign > defaultPresignCap {
		fmt.Fprintf(notes, "note: a verifier refuses URLs that live longer than %v s, unless it is configured to accept them\n", defaultPresignCap.Seconds())
	}
	_, err = fmt.Fprintln(out, presigned)
	return err
}
