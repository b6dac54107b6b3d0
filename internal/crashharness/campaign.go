package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// site is where a service runs, and how it ends there.
type site interface {
	// prefix is the command line that becomes the service, or nil. Before it does, it writes behind
	// to standard error.
	prefix() ([]string, error)
	// store is the path of the nonce store, as the service sees it.
	store() string
	// ready is called whenever the service has started, before the load.
	ready(s *service) error
	// end ends the service under load.
	end(s *service) error
	// lose takes what a power loss may take, once the service has ended. all was ever sent, fresh since
	// the end before. It returns how many bytes of the store's log are gone.
	lose(all, fresh []*request) (lost int, err error)
	// strict: nothing can be lost here, so that everything in time is refused as a replay.
	strict() bool
}

// campaign ends a service at random points of its load, again and again, on the same data.
type campaign struct {
	settings
	site   site
	random *rand.Rand // of the campaign's own goroutine
	signer *signer
	next   atomic.Int64 // the number of the next request
	sent   []*request
	tally  tally
}

func newCampaign(ctx context.Context, given settings, where site) (*campaign, error) {
	c := &campaign{settings: given, site: where, random: rand.New(rand.NewPCG(given.seed, 0))}
	if err := writeConfig(given.directory, where.store(), given.durability); err != nil {
		return nil, err
	}
	var err error
	c.signer, err = newSigner(ctx, given.directory)
	return c, err
}

// run sends the requests, and ends the service at the points; after the last request it is asked to
// end, and all is sent again once more.
func (c *campaign) run(ctx context.Context) (tally, error) {
	points := make([]int64, c.points)
	for i := range points {
		points[i] = 1 + c.random.Int64N(int64(c.requests))
	}
	points[0] = c.sure()
	slices.Sort(points)
	s, err := c.start(ctx)
	if err != nil {
		return c.tally, err
	}
	defer func() { s.kill() }()
	for i, point := range points {
		begun := time.Now()
		if err := c.loadUntil(s, point, true); err != nil {
			return c.tally, fmt.Errorf("point %d: %w", i+1, err)
		}
		if s, err = c.restart(ctx, s); err != nil {
			return c.tally, fmt.Errorf("point %d: %w", i+1, err)
		}
		before := c.tally
		if err := c.replayAll(ctx, s); err != nil {
			return c.tally, fmt.Errorf("point %d: %w", i+1, err)
		}
		c.progress("point %d of %d: %d sent, %d accepted, all of these sent again: %d refused, %d accepted (%s)",
			i+1, c.points, c.tally.sent, c.tally.accepted, c.tally.again-before.again-(c.tally.twice-before.twice), c.tally.twice-before.twice, time.Since(begun).Round(time.Millisecond))
		if i+1 < c.points {
			if err := c.awaitFloor(s, points[i+1]); err != nil {
				return c.tally, fmt.Errorf("point %d: %w", i+1, err)
			}
		}
	}
	if err := c.loadUntil(s, int64(c.requests), false); err != nil {
		return c.tally, err
	}
	if err := s.stop(); err != nil {
		return c.tally, err
	}
	if s, err = c.start(ctx); err != nil {
		return c.tally, err
	}
	if err := c.replayAll(ctx, s); err != nil {
		return c.tally, err
	}
	return c.tally, c.tally.err()
}

func (c *campaign) start(ctx context.Context) (*service, error) {
	prefix, err := c.site.prefix()
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, c.program, prefix, c.directory)
	if err != nil {
		return nil, err
	}
	if err := c.site.ready(s); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// restart starts a service that has ended. Every fourth time it ends while it starts as well.
func (c *campaign) restart(ctx context.Context, ended *service) (*service, error) {
	if panics, err := ended.logged("panic"); err != nil || panics > 0 {
		return ended, fmt.Errorf("the service has panicked (%v):\n%s", err, ended.tail())
	}
	if c.random.IntN(4) == 0 {
		prefix, err := c.site.prefix()
		if err != nil {
			return ended, err
		}
		s, err := launch(c.program, prefix, c.directory)
		if err != nil {
			return ended, err
		}
		time.Sleep(time.Duration(c.random.Int64N(int64(200 * time.Millisecond))))
		s.kill()
		c.tally.ends++
	}
	s, err := c.start(ctx)
	if err != nil {
		return ended, err
	}
	return s, nil
}

// loadUntil sends fresh requests up to a number and, if so asked, ends the service within them.
func (c *campaign) loadUntil(s *service, number int64, ends bool) error {
	l := &load{
		service: s, signer: c.signer, next: &c.next, until: number, most: number + overshoot,
		refusals: !c.site.strict(), pause: 10 * time.Millisecond,
	}
	l.begin()
	wait := time.Duration(c.random.Int64N(int64(2 * time.Millisecond)))
	sent, err := l.during(ends, func() error {
		if !ends {
			return nil
		}
		time.Sleep(wait)
		return c.site.end(s)
	})
	c.count(sent)
	if err != nil || !ends {
		return err
	}
	c.tally.ends++
	if number != c.sure() && c.random.IntN(4) == 0 {
		return nil // a mere kill
	}
	lost, err := c.site.lose(c.sent, sent)
	c.tally.lost += lost
	return err
}

// overshoot is how far the callers go on while the service is being ended.
const overshoot = 300

// sure is a point at which there is something to lose: what comes behind it is not signed ahead.
func (c *campaign) sure() int64 { return min(mixLength-overshoot-callers, int64(c.requests)) }

// count adds what has been sent and answered.
func (c *campaign) count(sent []*request) {
	c.sent = append(c.sent, sent...)
	c.tally.sent += len(sent)
	for _, req := range sent {
		switch req.state {
		case accepted:
			c.tally.accepted++
		case refused:
			c.tally.refused++
		}
	}
}

// replayAll sends everything again that has ever been accepted.
func (c *campaign) replayAll(ctx context.Context, s *service) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var all []*request
	for _, req := range c.sent {
		if req.state == accepted {
			all = append(all, req)
		}
	}
	return replay(s, all, c.site.strict(), &c.tally)
}

// maxFloor is how far ahead the store's floor may lie after a loss: a step beyond the latest request
// that it did not sync by itself, and a second.
const maxFloor = 12 * time.Second

// awaitFloor returns when the floor that a loss has left has passed. Every eighth time it does not
// wait: then the next end, at a point that may not be the sure one, comes while the floor is in force.
func (c *campaign) awaitFloor(s *service, next int64) error {
	if c.site.strict() || next != c.sure() && c.random.IntN(8) == 0 {
		return nil
	}
	sent, err := awaitAcceptance(s, c.signer, maxFloor)
	c.count(sent)
	return err
}
