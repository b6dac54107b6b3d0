// Command claims measures how fast nonces are claimed, and what a live claim costs, side by side: the
// embedded store (nonce/badgerstore) in both durabilities, Badger with one transaction a claim, which
// is what one would write at first, and Redis where redis-server is installed.
//
//	go run -C internal/benchmarks/claims .         empty stores and a million live claims
//	go run -C internal/benchmarks/claims . -long   ten million as well: 15 GB of memory, 10 of disk
//
// It is a module of its own so that no program of Countersign's depends on a Redis client.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings are what the flags say.
type settings struct {
	live        []int
	callers     []int
	contestants []string
	rounds      int
	length      time.Duration
	directory   string
	results     string
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == childArgument {
		exit(serve(os.Args[2], os.Args[3], os.Stdin, os.Stdout))
	}
	var s settings
	long := flag.Bool("long", false, "measure with ten million live claims as well")
	live := flag.String("live", "0,1000000", "live `claims` in the store when it is measured")
	callers := flag.String("callers", "1,16,128", "`callers` at once")
	only := flag.String("only", strings.Join(names(), ","), "`contestants` to measure")
	flag.IntVar(&s.rounds, "rounds", 5, "how often each is measured; the medians are reported")
	flag.DurationVar(&s.length, "length", time.Second, "how long each measurement takes")
	flag.StringVar(&s.directory, "dir", "", "where the stores are made, on the disk to measure (default the temporary directory)")
	flag.StringVar(&s.results, "json", "", "write the results to this `FILE`, too, as JSON")
	flag.Parse()
	if *long {
		*live += ",10000000"
	}
	var err error
	if s.live, err = numbers(*live); err != nil {
		exit(fmt.Errorf("-live: %w", err))
	}
	if s.callers, err = numbers(*callers); err != nil {
		exit(fmt.Errorf("-callers: %w", err))
	}
	if s.contestants, err = chosen(*only); err != nil {
		exit(fmt.Errorf("-only: %w", err))
	}
	exit(compare(s, os.Stdout))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "claims:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func numbers(list string) ([]int, error) {
	var found []int
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%q is no number of claims or callers", word)
		}
		found = append(found, n)
	}
	return found, nil
}
