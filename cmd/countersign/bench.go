package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/workload"
)

// benchOptions are the flags of bench.
type benchOptions struct {
	settings    settingsFlags
	method      string
	headers     []string
	data        string
	dialect     string
	rate        string
	duration    time.Duration
	connections int
	timeout     time.Duration
	expect      int
	unsigned    bool
	replay      bool
	asJSON      bool
	given       func(flag string) bool // whether a flag was given
}

func newBenchCommand() *cobra.Command {
	var options benchOptions
	cmd := &cobra.Command{
		Use:   "bench URL",
		Short: "Send signed requests as load, and measure the answers",
		Long: `Send requests, each signed by itself, at a constant rate or as fast as they are answered, and
print how many were answered how, and how long that took.

URL may be a path, such as /whoami, if COUNTERSIGN_URL is set.

` + settingsHelp + `

With --rate, each request has a moment at which it is due, and its latency counts from then,
also where no connection was free for it: a service that stalls is charged with all requests
that it held up. Requests that were never sent for that reason are told as unsent. Without
--rate, each connection sends its next request when the last is answered: that finds how much a
service can take, and its latencies are those of a service that has all it can take.

--unsigned sends the same requests without signatures: against a route that verifies nothing,
the difference is what verifying costs. --replay sends one signed request, which has to be
accepted, and then the same bytes again and again, all of which have to be refused.

The load takes processor time, too: what you want to know of a service on the same machine, you
learn better from another. HTTP/1.1 is spoken, redirects are not followed, proxies not asked.
Each request that is accepted takes up a nonce until it is out of time, some five minutes: a
long run may fill the share of the nonce store that one key may have, and is then answered 429.

On Ctrl-C it ends early, and prints what it has measured.

Exit code 1: an answer was not 2xx (or not as --expect says), or did not come.`,
		Example: `  countersign bench --env-file dev.env --rate 2000/s --duration 30s /whoami
  countersign bench --env-file dev.env --connections 64 /whoami
  countersign bench -X POST -H 'Content-Type: application/json' -d @order.json https://api.example.com/v1/orders
  countersign bench --env-file dev.env --replay /whoami
  countersign bench --unsigned --expect 401 http://127.0.0.1:8080/whoami`,
		Args: exactly("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options.given = cmd.Flags().Changed
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // a second signal ends the process at once
			return options.run(ctx, cmd, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&options.method, "request", "X", "", "the `METHOD` (default: GET, or POST with -d)")
	flags.StringArrayVarP(&options.headers, "header", "H", nil, "add this `'NAME: VALUE'`, signed; may be repeated")
	flags.StringVarP(&options.data, "data", "d", "", "the body: `DATA`, @FILE, or @- for standard input, byte for byte")
	flags.StringVar(&options.dialect, "dialect", "cs4", "sign in this `DIALECT`: cs4, or aws4 if the key may use it")
	flags.StringVar(&options.rate, "rate", "", "how many requests are due: `N/s`, N/m or N/h (default: as fast as they are answered)")
	flags.DurationVar(&options.duration, "duration", 10*time.Second, "send for this `TIME`")
	flags.IntVarP(&options.connections, "connections", "c", 16, "send over `N` connections, one request at a time on each")
	flags.DurationVar(&options.timeout, "timeout", 30*time.Second, "wait for an answer no longer than this `TIME`")
	flags.IntVar(&options.expect, "expect", 0, "the `STATUS` that every answer must have (default: any 2xx)")
	flags.BoolVar(&options.unsigned, "unsigned", false, "send the requests without signatures")
	flags.BoolVar(&options.replay, "replay", false, "send one signed request again and again, which has to be refused")
	flags.BoolVar(&options.asJSON, "json", false, "print the result as JSON")
	options.settings.add(cmd)
	return cmd
}

// longestReplay is for how long one signature may be sent again: it stays in time, so that it is
// refused as a replay and for no other reason.
const longestReplay = 4 * time.Minute

// check refuses flags that make no sense, alone or together.
func (o *benchOptions) check() error {
	switch {
	case o.duration <= 0:
		return usagef("--duration must be longer than 0, not %v", o.duration)
	case o.timeout <= 0:
		return usagef("--timeout must be longer than 0, not %v", o.timeout)
	case o.connections < 1 || o.connections > 10_000:
		return usagef("--connections takes 1 to 10000, not %d", o.connections)
	case o.given("expect") && (o.expect < 200 || o.expect > 599):
		return usagef("--expect takes a status from 200 to 599, not %d", o.expect)
	case o.unsigned && o.replay:
		return usagef("--replay repeats a signed request and --unsigned signs none: give one of them")
	case o.unsigned && o.given("dialect"):
		return usagef("--unsigned signs nothing: leave --dialect out")
	case o.replay && o.duration > longestReplay:
		return usagef("--replay: a signature is in time for five minutes: give --duration 4m or less")
	}
	return nil
}

func (o *benchOptions) run(ctx context.Context, cmd *cobra.Command, target string) error {
	if err := o.check(); err != nil {
		return err
	}
	rate, err := parseRate(o.rate)
	if err != nil {
		return err
	}
	plan, err := o.plan(ctx, cmd.InOrStdin(), target)
	if err != nil {
		return err
	}
	plan.Rate, plan.Duration, plan.Connections = rate, o.duration, o.connections

	meter := workload.NewMeter()
	stop := progressStyleOf(cmd.ErrOrStderr()).tell(cmd.ErrOrStderr(), (&progress{meter: meter, unexpected: o.unexpected}).line)
	err = workload.Run(ctx, plan, meter)
	stop()
	if err != nil {
		return err
	}
	report := meter.Report()
	if o.asJSON {
		err = o.printJSON(cmd.OutOrStdout(), &plan, &report)
	} else {
		err = o.printTable(cmd.OutOrStdout(), &plan, &report)
	}
	if err != nil {
		return err
	}
	return o.verdict(&report)
}

// expected reports whether a status is what the command asks for.
func (o *benchOptions) expected(status int) bool {
	switch {
	case o.given("expect"):
		return status == o.expect
	case o.replay:
		return status == http.StatusUnauthorized
	}
	return status >= 200 && status <= 299
}

// unexpected is how many requests were answered otherwise, or not at all.
func (o *benchOptions) unexpected(report *workload.Report) int64 {
	count := report.Failed()
	for _, answer := range report.Answers {
		if !o.expected(answer.Status) {
			count += answer.Count
		}
	}
	return count
}

// verdict fails the command if not all is as it should be.
func (o *benchOptions) verdict(report *workload.Report) error {
	want := "2xx"
	switch {
	case o.given("expect"):
		want = fmt.Sprint(o.expect)
	case o.replay:
		want = "401"
	}
	if report.Requests == 0 {
		return fmt.Errorf("nothing was sent")
	}
	if count := o.unexpected(report); count > 0 {
		return fmt.Errorf("%s of %s requests were not answered %s", humanize.Comma(count), humanize.Comma(report.Requests), want)
	}
	return nil
}
