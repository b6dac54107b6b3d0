package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// childArgument, a contestant's name and a directory are the arguments of a child. Each contestant is
// opened in a process of its own, so that none has another's memory, garbage or tables to carry.
const childArgument = "-child"

// command is one line of a child's input: the first field that is set.
type command struct {
	Fill    int           `json:"fill,omitempty"`
	Callers int           `json:"callers,omitempty"`
	Length  time.Duration `json:"length,omitempty"`
	Seed    uint64        `json:"seed,omitempty"`
	End     bool          `json:"end,omitempty"`
}

// reply is one line of its output; the first one comes when the store is open.
type reply struct {
	Opened      time.Duration `json:"opened,omitempty"`      // how long that took
	Memory      int64         `json:"memory,omitempty"`      // resident bytes, as of now
	Measurement *measurement  `json:"measurement,omitempty"` // of Callers
	Error       string        `json:"error,omitempty"`
}

// serve is the child.
func serve(name, directory string, stdin io.Reader, stdout io.Writer) error {
	e, err := entryOf(name)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(stdout)
	start := time.Now()
	c, err := e.open(directory)
	if err != nil {
		return encoder.Encode(reply{Error: err.Error()})
	}
	defer c.ended()
	r := reply{Opened: time.Since(start)}
	r.Memory, err = c.memory()
	for lines := bufio.NewScanner(stdin); ; {
		if err != nil {
			r.Error = err.Error()
		}
		if err := encoder.Encode(r); err != nil {
			return err
		}
		var next command
		if !lines.Scan() {
			return lines.Err()
		}
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			return err
		}
		if next.End {
			return nil
		}
		r, err = carryOut(c, next)
	}
}

func carryOut(c contestant, next command) (r reply, err error) {
	if next.Fill > 0 {
		if err := c.fill(next.Fill, time.Now().Add(fillLife)); err != nil {
			return r, err
		}
	}
	if next.Callers > 0 {
		m, err := run(c, next.Seed, next.Callers, next.Length)
		r.Measurement = &m
		return r, err
	}
	r.Memory, err = c.memory()
	return r, err
}

// child is the parent's side of it.
type child struct {
	name      string
	directory string
	process   *exec.Cmd
	stdin     io.WriteCloser
	replies   *json.Decoder
	opened    reply
}

func start(name, directory string) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{name: name, directory: directory, process: exec.Command(program, childArgument, name, directory)}
	c.process.Stderr = os.Stderr
	stdout, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.replies = json.NewDecoder(stdout)
	if c.stdin, err = c.process.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	if c.opened, err = c.reply(); err != nil {
		c.kill()
	}
	return c, err
}

func (c *child) do(next command) (reply, error) {
	if err := json.NewEncoder(c.stdin).Encode(next); err != nil {
		return reply{}, fmt.Errorf("%s: %w", c.name, err)
	}
	return c.reply()
}

func (c *child) reply() (r reply, err error) {
	err = c.replies.Decode(&r)
	if err == nil && r.Error != "" {
		err = fmt.Errorf("%s", r.Error)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", c.name, err)
	}
	return r, err
}

// kill ends the process without closing the store, as kill -9 does.
func (c *child) kill() {
	_ = c.process.Process.Kill()
	_ = c.process.Wait()
}

// end lets it end what it has started, not close its store.
func (c *child) end() {
	_ = json.NewEncoder(c.stdin).Encode(command{End: true})
	_ = c.process.Wait()
}
