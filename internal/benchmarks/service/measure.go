package service

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
	"github.com/countersign-dev/countersign/internal/benchmarks/processor"
	"github.com/countersign-dev/countersign/internal/benchmarks/request"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// Settings say how long to measure.
type Settings struct {
	Command     Command
	Rounds      int
	Requests    int // of one contestant in a round
	Connections int
	Driver      Driver
	Profile     string // a directory for CPU profiles of the servers, or ""
}

// Result is one round of a contestant.
type Result struct {
	PerSecond float64
	P50, P99  time.Duration
	Server    time.Duration // that the server computed for a request
	Client    time.Duration // that the generator computed for a request
}

// Outcome is what the contest came to for one kind of request: the rounds of each contestant.
type Outcome struct {
	Driver               Driver
	Kind                 request.Kind
	Plain, JWT, Verifier []Result
}

// Measure runs the contest.
func Measure(ctx context.Context, settings Settings) ([]Outcome, error) {
	directory, err := os.MkdirTemp("", "countersign-benchmarks-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	key, err := newKey(ctx, filepath.Join(directory, keyFile))
	if err != nil {
		return nil, err
	}
	var outcomes []Outcome
	for _, kind := range kinds() {
		outcome, err := measure(ctx, settings, kind, key, directory)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.Name, err)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

// newKey makes a key file with one key.
func newKey(ctx context.Context, path string) (client.Credentials, error) {
	record, err := filekeys.NewRecord(region, time.Now())
	if err != nil {
		return client.Credentials{}, err
	}
	_, err = filekeys.Edit(ctx, path, filekeys.EditOptions{Create: true}, func([]filekeys.Record) ([]filekeys.Record, error) {
		return []filekeys.Record{record}, nil
	})
	return client.Credentials{KeyID: record.ID, Secret: record.Secrets[0].Secret}, err
}

func measure(ctx context.Context, settings Settings, kind request.Kind, key client.Credentials, directory string) (outcome Outcome, err error) {
	names := []string{Plain, JWT, Verifier}
	turns := make([]func() (Result, error), len(names))
	for i, name := range names {
		p, err := start(settings.Command, name, directory)
		if err != nil {
			return outcome, err
		}
		defer p.stop() //nolint:errcheck // it has been measured
		turns[i] = func() (Result, error) { return p.round(ctx, settings, name, kind, key) }
		if _, err := turns[i](); err != nil { // warms up
			return outcome, fmt.Errorf("%s: %w", name, err)
		}
		if settings.Profile != "" {
			if _, err := p.ask("profile " + filepath.Join(settings.Profile, fmt.Sprintf("%s-%s-%s.pprof", name, kind.Method, settings.Driver.file))); err != nil {
				return outcome, err
			}
		}
	}
	results, err := contest.Rounds(settings.Rounds, turns...)
	if err != nil {
		return outcome, err
	}
	return Outcome{Driver: settings.Driver, Kind: kind, Plain: results[0], JWT: results[1], Verifier: results[2]}, nil
}

// round sends a contestant its requests, all of which it must let through.
func (p *process) round(ctx context.Context, settings Settings, name string, kind request.Kind, key client.Credentials) (Result, error) {
	prepare, err := credential(name, key)
	if err != nil {
		return Result{}, err
	}
	run, err := settings.Driver.prepare(load{p.address, kind, prepare, settings.Requests, settings.Connections})
	if err != nil {
		return Result{}, err
	}
	servedBefore, err := p.computed()
	if err != nil {
		return Result{}, err
	}
	sentBefore := processor.Time()
	result, err := run(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", name, err)
	}
	sent := processor.Time() - sentBefore
	served, err := p.computed()
	if err != nil {
		return Result{}, err
	}
	each := time.Duration(settings.Requests)
	result.Server, result.Client = (served-servedBefore)/each, sent/each
	return result, nil
}
