// Command benchmarks measures how fast Countersign signs, verifies, claims and serves, against others in the
// same run, and prints one table of ratios. It is a module of its own so that no program of
// Countersign's depends on what it is compared with. "make bench" runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/internal/benchmarks/claiming"
	"github.com/countersign-dev/countersign/internal/benchmarks/processor"
	"github.com/countersign-dev/countersign/internal/benchmarks/report"
	"github.com/countersign-dev/countersign/internal/benchmarks/service"
	"github.com/countersign-dev/countersign/internal/benchmarks/signing"
	"github.com/countersign-dev/countersign/internal/benchmarks/verifying"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

// effort is how long to measure.
type effort struct {
	turns       int
	turn        time.Duration
	rounds      int
	requests    int
	connections int
	claims      []string // arguments of the command in the directory claims
}

var (
	thorough = effort{
		turns: 50, turn: 10 * time.Millisecond, rounds: 9, requests: 30_000, connections: 64,
		claims: []string{"-live", "0"},
	}
	// quick shows that everything runs; its figures are worth nothing.
	quick = effort{
		turns: 2, turn: time.Millisecond, rounds: 1, requests: 200, connections: 8,
		claims: []string{"-live", "0", "-callers", "16", "-rounds", "1", "-length", "20ms", "-only", "plain os,badgerstore os"},
	}
)

const usage = `usage: go run . [-quick] [-brief] [-profile DIR] [sign | verify | claims | service]...

Measures the parts that are named, or all of them, and prints one table. Nothing else should run on
the machine meanwhile. -quick only shows that everything runs. -brief prints the rows that the README
quotes. -profile DIR keeps CPU profiles of the servers: go tool pprof -top DIR/verifier-GET-bench.pprof

Of claims, the command in the directory claims says more: with millions of live ones, and what they cost.
`

func run(ctx context.Context, arguments []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(arguments) == 3 && arguments[0] == "serve" { // what the contest of servers starts
		return service.Serve(arguments[1], arguments[2], stdin, stdout)
	}
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	isQuick, brief, profile := flags.Bool("quick", false, ""), flags.Bool("brief", false, ""), flags.String("profile", "", "")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	e := thorough
	if *isQuick {
		e = quick
	}
	watch := processor.NewWatch()
	rows, err := measure(ctx, e, *profile, flags.Args(), stderr)
	if err != nil {
		return err
	}
	write := report.Write
	if *brief {
		write = report.WriteBrief
	}
	if err := write(stdout, rows); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\n%s\n", watch.Describe())
	return err
}

// measure measures the parts that are named, or all.
func measure(ctx context.Context, e effort, profile string, names []string, progress io.Writer) ([]report.Row, error) {
	parts := []struct {
		name string
		rows func() ([]report.Row, error)
	}{
		{"sign", e.sign},
		{"verify", e.verify},
		{"claims", func() ([]report.Row, error) { return e.claim(ctx, progress) }},
		{"service", func() ([]report.Row, error) { return e.service(ctx, profile) }},
	}
	for _, name := range names {
		if !slices.Contains([]string{"sign", "verify", "claims", "service"}, name) {
			return nil, fmt.Errorf("no part is called %q\n%s", name, usage)
		}
	}
	var all []report.Row
	for _, part := range parts {
		if len(names) > 0 && !slices.Contains(names, part.name) {
			continue
		}
		fmt.Fprintf(progress, "measuring: %s\n", part.name)
		rows, err := part.rows()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		all = append(all, rows...)
		if ctx.Err() != nil {
			return nil, errors.New("interrupted")
		}
	}
	return all, nil
}

func (e effort) sign() ([]report.Row, error) {
	outcomes, err := signing.Measure(signing.Settings{Turns: e.turns, Duration: e.turn})
	return signing.Rows(outcomes), err
}

func (e effort) verify() ([]report.Row, error) {
	outcomes, err := verifying.Measure(verifying.Settings{Turns: e.turns, Duration: e.turn})
	return verifying.Rows(outcomes), err
}

func (e effort) claim(ctx context.Context, progress io.Writer) ([]report.Row, error) {
	results, err := claiming.Measure(ctx, "claims", progress, e.claims...)
	return claiming.Rows(results), err
}

func (e effort) service(ctx context.Context, profile string) ([]report.Row, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var rows []report.Row
	for _, driver := range service.Drivers() {
		outcomes, err := service.Measure(ctx, service.Settings{
			Command: func(contestant, directory string) *exec.Cmd {
				return exec.Command(self, "serve", contestant, directory)
			},
			Driver: driver, Rounds: e.rounds, Requests: e.requests, Connections: e.connections, Profile: profile,
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, service.Rows(outcomes)...)
	}
	return rows, nil
}
