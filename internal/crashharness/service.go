package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

const (
	keyFile    = "keys.yaml"
	configFile = "countersign.yaml"
	logFile    = "log.txt"
	// patience is how long a service may take until it serves, or to end.
	patience = time.Minute
)

// writeConfig writes the configuration of a service that keeps its nonces at a path.
func writeConfig(directory, store, durability string) error {
	text := fmt.Sprintf(`version: 1
listen: 127.0.0.1:0
region: %s
service: %s
keys: {file: %s}
store: {badger: {path: %q, durability: %s, initial: new, min_free: 64MiB}}
`, region, serviceAPI, keyFile, store, durability)
	return os.WriteFile(filepath.Join(directory, configFile), []byte(text), 0o600)
}

// service is a running countersign serve.
type service struct {
	address string
	cmd     *exec.Cmd
	log     string // path of what it has written to standard error
	ended   chan struct{}
}

// errEnded: a service has ended before it served.
var errEnded = errors.New("the service ended before it served")

var servesAt = regexp.MustCompile(`msg=serving address=(\S+)`)

// behind is what a prefix writes to standard error when it is about to become the service.
const behind = "behind\n"

// launch starts the service of a directory, by way of another program whose command line is prefix,
// if there is one: it is given that of the service behind its own, and becomes the service.
func launch(program string, prefix []string, directory string) (*service, error) {
	s := &service{log: filepath.Join(directory, logFile), ended: make(chan struct{})}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	line := append(append([]string{}, prefix...), program, "serve", "--config", filepath.Join(directory, configFile))
	s.cmd = exec.Command(line[0], line[1:]...)
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { defer close(s.ended); _ = s.cmd.Wait() }()
	if prefix != nil {
		// Killed before, it would leave what it has begun to others.
		_, err = s.await(context.Background(), regexp.MustCompile(behind))
	}
	return s, err
}

// start launches a service and returns when it serves.
func start(ctx context.Context, program string, prefix []string, directory string) (*service, error) {
	s, err := launch(program, prefix, directory)
	if err != nil {
		return nil, err
	}
	found, err := s.await(ctx, servesAt)
	if err != nil {
		return nil, err
	}
	s.address = found[1]
	return s, nil
}

// await returns when the service has logged what a pattern matches, with what its groups match. On an
// error the service has ended.
func (s *service) await(ctx context.Context, pattern *regexp.Regexp) ([]string, error) {
	deadline := time.After(patience)
	for {
		text, err := os.ReadFile(s.log)
		if found := pattern.FindStringSubmatch(string(text)); found != nil {
			return found, nil
		}
		select {
		case <-s.ended:
			return nil, fmt.Errorf("%w:\n%s", errEnded, s.tail())
		case <-ctx.Done():
			err = ctx.Err()
		case <-deadline:
			err = fmt.Errorf("the service does not get on after %s:\n%s", patience, s.tail())
		case <-time.After(2 * time.Millisecond):
		}
		if err != nil {
			s.kill()
			return nil, err
		}
	}
}

// kill ends the service without a chance to write anything, and returns when it has ended.
func (s *service) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// stop asks the service to end, and returns when it has done so in good order.
func (s *service) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.kill()
	}
	if !s.cmd.ProcessState.Success() {
		return fmt.Errorf("asked to end, the service ended with %s:\n%s", s.cmd.ProcessState, s.tail())
	}
	return nil
}

// running returns an error if the service has ended by itself.
func (s *service) running() error {
	select {
	case <-s.ended:
		return fmt.Errorf("the service has ended by itself, with %s:\n%s", s.cmd.ProcessState, s.tail())
	default:
		return nil
	}
}

// dying returns what running does, once a service that has broken a connection has had the time to end.
func (s *service) dying() error {
	select {
	case <-s.ended:
	case <-time.After(time.Second):
	}
	return s.running()
}

// logged returns how often the service has logged a text.
func (s *service) logged(text string) (int, error) {
	log, err := os.ReadFile(s.log)
	return bytes.Count(log, []byte(text)), err
}

// tail returns the last that the service has logged or, of a crash, what it was.
func (s *service) tail() string {
	const length = 1 << 10
	log, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	if at := bytes.Index(log, []byte("\ngoroutine ")); at >= 0 {
		return string(log[max(0, at-length/4):min(len(log), at+2*length)])
	}
	return string(log[max(0, len(log)-length):])
}
