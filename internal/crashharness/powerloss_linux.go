package main

import (
	"context"
	"errors"
)

// powerlossScenario cuts the power of the service's file system.
func powerlossScenario(ctx context.Context, given settings) (tally, error) {
	m, err := newMachine(given.directory, 1<<30)
	if err != nil {
		return tally{}, err
	}
	defer m.release()
	c, err := newCampaign(ctx, given, powerSite{m})
	if err != nil {
		return tally{}, err
	}
	sum, err := c.run(ctx)
	if err == nil && sum.lost == 0 && given.durability == "os" {
		err = errors.New("no log was cut at any point, so nothing was tested")
	}
	return sum, err
}

// powerSite is a machine that loses its power.
type powerSite struct{ *machine }

var _ site = powerSite{}

func (p powerSite) store() string          { return p.data() }
func (p powerSite) strict() bool           { return false }
func (p powerSite) ready(s *service) error { return p.hold(s) }
func (p powerSite) end(s *service) error   { s.kill(); return nil }

func (p powerSite) lose(_, _ []*request) (int, error) { return p.losePower() }
