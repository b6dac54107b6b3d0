package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// cutScenario simulates power losses at their worst: whatever the store need not have synced is gone.
func cutScenario(ctx context.Context, given settings) (tally, error) {
	b, err := newBoots(given.directory)
	if err != nil {
		return tally{}, err
	}
	where := &cutSite{
		plainSite: plainSite{directory: given.directory}, boots: b,
		fsync: given.durability == "fsync", random: rand.New(rand.NewPCG(given.seed, 1)),
	}
	c, err := newCampaign(ctx, given, where)
	if err != nil {
		return tally{}, err
	}
	sum, err := c.run(ctx)
	if err == nil && sum.lost == 0 && given.durability == "os" {
		err = errors.New("no log was cut at any point, so nothing was tested")
	}
	return sum, err
}

// cutSite is a directory of a machine that loses its power.
type cutSite struct {
	plainSite
	boots  *boots
	fsync  bool
	random *rand.Rand // of the campaign's own goroutine
}

func (c *cutSite) prefix() ([]string, error) { return c.boots.prefix(), nil }
func (c *cutSite) strict() bool              { return false }

func (c *cutSite) lose(all, fresh []*request) (lost int, err error) {
	if err := c.boots.restart(); err != nil {
		return 0, err
	}
	promised, stored := c.promised(all), make(map[idTail]bool)
	for _, req := range fresh {
		if req.state == accepted {
			stored[tailOf(req.id)] = true
		}
	}
	paths, err := walPaths(c.store())
	if err != nil {
		return 0, err
	}
	known := false
	for _, path := range paths {
		log, err := os.ReadFile(path)
		if err != nil {
			return lost, err
		}
		keep, end := walHeader, walHeader
		for _, t := range transactions(log) {
			end = t.to
			known = known || t.holds(stored)
			if t.holds(promised) {
				keep = t.to
			}
		}
		n, err := c.damage(path, log, keep, end)
		lost += n
		if err != nil {
			return lost, err
		}
	}
	if !known && len(stored) > 0 {
		return lost, errors.New("the store's logs hold none of the claims that were just accepted: their format is not the one known here")
	}
	return lost, c.loseAcked()
}

// promised returns the claims that the durability promises to be on disk: with fsync all that were
// accepted; with os those far ahead, which are synced by themselves with all that is written in the
// same transaction: some of that may have been answered before they were.
func (c *cutSite) promised(all []*request) map[idTail]bool {
	promised := make(map[idTail]bool)
	for _, req := range all {
		if c.fsync && req.state == accepted || !c.fsync && req.way == signedAhead {
			promised[tailOf(req.id)] = true
		}
	}
	return promised
}

// damage destroys what lies between keep and end: all from some place on, or some of the pages, since
// a kernel writes them in any order.
func (c *cutSite) damage(path string, log []byte, keep, end int) (lost int, err error) {
	const page = 4096
	if keep >= end {
		return 0, nil
	}
	if from := keep + c.random.IntN(end-keep); c.random.IntN(2) == 0 {
		lost = clearCounted(log[from:end])
	} else {
		for at := keep; at < end; at = (at/page + 1) * page {
			if c.random.IntN(2) == 0 {
				lost += clearCounted(log[at:min((at/page+1)*page, end)])
			}
		}
	}
	return lost, os.WriteFile(path, log, 0o600)
}

// clearCounted zeroes text and returns how many bytes of it were not zero.
func clearCounted(text []byte) (lost int) {
	for i, b := range text {
		if b != 0 {
			lost++
		}
		text[i] = 0
	}
	return lost
}

// loseAcked takes the file that says how far claims have been answered, which is never synced: it is
// there as it was, empty or gone.
func (c *cutSite) loseAcked() error {
	path := filepath.Join(c.store(), "acked")
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("the store has no file that says what it has answered: %w", err)
	}
	switch c.random.IntN(3) {
	case 0:
		return os.Remove(path)
	case 1:
		return os.WriteFile(path, make([]byte, info.Size()), 0o600)
	}
	return nil
}
