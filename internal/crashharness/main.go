// Command crashharness proves that a verifier accepts nothing twice, whatever ends it. It builds the
// countersign command, sends it signed requests over HTTP, ends it in the middle of them, starts it
// again and sends again every request that it has ever accepted: all must be refused.
//
//	go run ./internal/crashharness -points 50 -requests 100000
//
// A third of the requests are signed 290 s ahead, a third presigned for 900 s, the others now or a
// little ahead. Each scenario runs in both durabilities of the store:
//
//   - kill: kill -9 at random points. Whatever is still in time must be refused as a replay.
//   - cut: kill -9, then all of the store's log is damaged that its durability does not promise to be
//     on disk, and the service starts under another boot id. Needs the right to unshare mounts.
//   - powerloss: the store's file system is shut down without being written back, as in a power cut.
//     Needs root and loop devices.
//   - fulldisk: the store's file system fills up, bit by bit to its last block, and gets room again.
//     Needs the same.
//   - fullstop: the same, but the service is asked to end while its disk is full.
//   - burst: the same, but the disk fills up at one stroke. Run only if named: the service may die there
//     of SIGBUS, since Badger writes its tables through memory maps. What was accepted is still refused
//     after it.
//
// make test runs a short form of each, make crash the long one. It exits 1 if anything was accepted
// twice, or went otherwise than it should.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "crashharness:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("crashharness", flag.ContinueOnError)
	var (
		points       = flags.Int("points", 50, "how often the service is ended in each scenario")
		requests     = flags.Int("requests", 100_000, "how many fresh requests each scenario sends")
		names        = flags.String("scenarios", strings.Join(scenarioNames(false), ","), "which scenarios to run")
		durabilities = flags.String("durabilities", "os,fsync", "the durabilities to run each in")
		seed         = flags.Uint64("seed", rand.Uint64(), "decides where the service is ended, and what is lost")
		program      = flags.String("program", "", "the countersign `FILE` to run; built if not given")
		work         = flags.String("directory", "", "work in this `DIR` (default: a temporary one)")
	)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *points < 1 || *requests < *points {
		return fmt.Errorf("-points is %d and -requests %d: give at least one point, and a request for each", *points, *requests)
	}
	directory, err := os.MkdirTemp(*work, "crashharness-")
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = os.RemoveAll(directory)
		} else {
			fmt.Fprintln(out, "what the services left is in", directory)
		}
	}()
	if *program == "" {
		*program = filepath.Join(directory, "countersign")
		build := exec.CommandContext(ctx, "go", "build", "-o", *program, "github.com/countersign-dev/countersign/cmd/countersign")
		if text, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building countersign: %w\n%s", err, text)
		}
	}
	fmt.Fprintf(out, "%d points, %d requests, seed %d\n", *points, *requests, *seed)
	return runAll(ctx, strings.Split(*names, ","), strings.Split(*durabilities, ","), settings{
		points: *points, requests: *requests, seed: *seed, program: *program, directory: directory,
		progress: func(format string, values ...any) { fmt.Fprintf(out, format+"\n", values...) },
	}, out)
}
