package main

import (
	"context"
	"path/filepath"
)

// killScenario kills the service.
func killScenario(ctx context.Context, given settings) (tally, error) {
	c, err := newCampaign(ctx, given, plainSite{directory: given.directory})
	if err != nil {
		return tally{}, err
	}
	return c.run(ctx)
}

// plainSite is a directory of this machine.
type plainSite struct{ directory string }

var _ site = plainSite{}

func (plainSite) prefix() ([]string, error)         { return nil, nil }
func (p plainSite) store() string                   { return filepath.Join(p.directory, "claims") }
func (plainSite) ready(*service) error              { return nil }
func (plainSite) end(s *service) error              { s.kill(); return nil }
func (plainSite) lose(_, _ []*request) (int, error) { return 0, nil }
func (plainSite) strict() bool                      { return true }
