package service

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Command returns the command that runs [Serve] for a contestant in a directory.
type Command func(contestant, directory string) *exec.Cmd

// process is a contestant that runs.
type process struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Scanner
	address string
}

func start(command Command, contestant, directory string) (*process, error) {
	p := &process{cmd: command(contestant, directory)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.answers = bufio.NewScanner(stdout)
	if !p.answers.Scan() {
		_ = p.stop()
		return nil, fmt.Errorf("the server %s ended before it served", contestant)
	}
	p.address = p.answers.Text()
	return p, nil
}

// stop ends the process, and returns when it has ended.
func (p *process) stop() error {
	_ = p.stdin.Close()
	return p.cmd.Wait()
}

func (p *process) ask(command string) (string, error) {
	if _, err := fmt.Fprintln(p.stdin, command); err != nil {
		return "", err
	}
	if !p.answers.Scan() {
		return "", fmt.Errorf("the server ended when it was asked %q", command)
	}
	return p.answers.Text(), nil
}

// computed is how long the process has computed.
func (p *process) computed() (time.Duration, error) {
	answer, err := p.ask("computed")
	if err != nil {
		return 0, err
	}
	nanoseconds, err := strconv.ParseInt(strings.TrimSpace(answer), 10, 64)
	return time.Duration(nanoseconds), err
}
