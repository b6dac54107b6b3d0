package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// settings are what a scenario is told.
type settings struct {
	points, requests int
	durability       string // os or fsync
	seed             uint64
	program          string // the countersign command
	directory        string // to work in; it exists
	progress         func(format string, values ...any)
}

// scenario is one way in which a service comes to an end. Its error says what was accepted twice or
// went otherwise than it should; one that wraps errRights means that it could not be run.
type scenario struct {
	name string
	run  func(context.Context, settings) (tally, error)
	// extra: run only if named.
	extra bool
}

// errRights: this machine or this user cannot run the scenario.
var errRights = errors.New("not run")

// scenarios are those of any platform; platformScenarios adds to them.
func scenarios() []scenario {
	return append([]scenario{{name: "kill", run: killScenario}}, platformScenarios()...)
}

// scenarioNames are those of all scenarios, or without the extra ones.
func scenarioNames(extra bool) (names []string) {
	for _, s := range scenarios() {
		if extra || !s.extra {
			names = append(names, s.name)
		}
	}
	return names
}

// runAll runs scenarios in each durability and writes a table of what came of them.
func runAll(ctx context.Context, names, durabilities []string, common settings, out io.Writer) error {
	var failures error
	var lines []string
	for _, name := range names {
		i := slices.IndexFunc(scenarios(), func(s scenario) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("there is no scenario %q: choose from %s", name, strings.Join(scenarioNames(true), ", "))
		}
		for _, durability := range durabilities {
			if durability != "os" && durability != "fsync" {
				return fmt.Errorf("there is no durability %q: choose os or fsync", durability)
			}
			one := common
			one.durability, one.directory = durability, filepath.Join(common.directory, name+"-"+durability)
			if err := os.Mkdir(one.directory, 0o700); err != nil {
				return err
			}
			one.progress = func(format string, values ...any) {
				common.progress("%s, %s: %s", name, durability, fmt.Sprintf(format, values...))
			}
			start := time.Now()
			sum, err := scenarios()[i].run(ctx, one)
			if errors.Is(err, errRights) {
				lines = append(lines, fmt.Sprintf("%s\t%s\t%s", name, durability, err))
				if !required() {
					continue
				}
			} else {
				lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s", name, durability, sum.columns(), time.Since(start).Round(time.Second)))
			}
			if err != nil {
				one.progress("FAILED: %v", err)
				failures = errors.Join(failures, fmt.Errorf("%s, %s: failed", name, durability))
			}
			if ctx.Err() != nil {
				break
			}
		}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nscenario\tdurability\t"+columnNames+"\ttook")
	for _, line := range lines {
		fmt.Fprintln(table, line)
	}
	return errors.Join(failures, table.Flush())
}

// required reports whether COUNTERSIGN_REQUIRE asks for the right to mount: see internal/testneed.
func required() bool {
	return slices.Contains(strings.Split(os.Getenv("COUNTERSIGN_REQUIRE"), ","), "mounts")
}
