package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// compare measures all contestants in turn, round by round, so that whatever else the machine is at
// meets each of them, and prints one table.
func compare(s settings, out io.Writer) error {
	if _, err := exec.LookPath(redisProgram); err != nil {
		fmt.Fprintf(out, "%s is not installed: Redis is left out\n", redisProgram)
		s.contestants = slices.DeleteFunc(s.contestants, func(name string) bool { return strings.HasPrefix(name, "redis") })
	}
	t := newTable(s)
	for _, live := range s.live {
		f := fieldOf{settings: s, live: live, table: t}
		err := f.measure()
		if err := errors.Join(err, f.leave()); err != nil {
			return fmt.Errorf("%d live claims: %w", live, err)
		}
	}
	return t.write(out)
}

// fieldOf is the contestants with the same number of live claims in each store.
type fieldOf struct {
	settings
	live     int
	table    *table
	children []*child
	root     string
	seed     uint64
}

func (f *fieldOf) measure() (err error) {
	if f.root, err = os.MkdirTemp(f.directory, "claims"); err != nil {
		return err
	}
	for _, name := range f.contestants {
		if err := f.enter(name); err != nil {
			return err
		}
	}
	for _, callers := range f.callers {
		for range f.rounds {
			for i := range f.children {
				if err := f.run(i, callers); err != nil {
					return err
				}
			}
		}
	}
	if f.live == 0 {
		return nil
	}
	for _, c := range f.children {
		c.end()
		again, err := start(c.name, c.directory)
		if err != nil {
			return err
		}
		again.end()
		f.table.reopened(f.live, c.name, again.opened.Opened)
	}
	return nil
}

// enter starts a contestant and fills its store.
func (f *fieldOf) enter(name string) error {
	c, err := f.fresh(name)
	if err != nil {
		return err
	}
	f.children = append(f.children, c)
	if f.live == 0 {
		return nil
	}
	full, err := c.do(command{Fill: f.live})
	if err != nil {
		return err
	}
	settle(f.children)
	disk, err := diskUse(c.directory)
	if err != nil {
		return err
	}
	memory, err := c.memoryAtRest(full.Memory)
	f.table.filled(f.live, name, memory-c.opened.Memory, disk)
	return err
}

// memoryAtRest asks for the memory until it no longer falls: what Badger has used to write tables it
// gives back bit by bit.
func (c *child) memoryAtRest(before int64) (int64, error) {
	for deadline := time.Now().Add(time.Minute); ; {
		time.Sleep(5 * time.Second)
		now, err := c.do(command{})
		if err != nil || now.Memory > before-before/100 || time.Now().After(deadline) {
			return now.Memory, err
		}
		before = now.Memory
	}
}

// fresh starts a contestant with an empty store, in a directory of its own: to remove a file can cost
// the disk more than to write it, so that all are removed in the end.
func (f *fieldOf) fresh(name string) (*child, error) {
	directory, err := os.MkdirTemp(f.root, "")
	if err != nil {
		return nil, err
	}
	return start(name, directory)
}

// run measures one contestant once. An empty store is a new one each time; a filled one keeps what
// the runs have added to it.
func (f *fieldOf) run(i, callers int) (err error) {
	if f.live == 0 {
		f.children[i].end()
		if f.children[i], err = f.fresh(f.contestants[i]); err != nil {
			return err
		}
	}
	settle(f.children)
	f.seed++
	r, err := f.children[i].do(command{Callers: callers, Length: f.length, Seed: f.seed})
	if err == nil {
		f.table.measured(f.live, f.contestants[i], callers, *r.Measurement)
	}
	return err
}

// leave ends what is left and removes the stores.
func (f *fieldOf) leave() error {
	for _, c := range f.children {
		if c != nil && c.process.ProcessState == nil {
			c.end()
		}
	}
	return os.RemoveAll(f.root)
}

// settle waits until the contestants have come to rest, with their tables written and merged, and then
// until the disk has what they wrote: what one has left undone is not another's to carry.
func settle(children []*child) {
	const pause, patience = 100 * time.Millisecond, 10 * time.Second
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		before := busy(children)
		time.Sleep(pause)
		if busy(children)-before <= pause/10 {
			break
		}
	}
	flush()
}

func busy(children []*child) (all time.Duration) {
	for _, c := range children {
		all += cpuTimeOf(c.process.Process.Pid)
	}
	return all
}
