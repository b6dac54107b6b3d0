package vaultkeys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Status tells how a Source stands, for readiness checks, metrics and operators.
type Status struct {
	// Keys is how many keys Vault lists, Cached how many of them are in memory, Ignored how many
	// names are no key ids.
	Keys, Cached, Ignored int
	// Late is how many keys in memory are older than Options.Refresh: in an outage, or when Vault is
	// too slow or Options.Refreshes too few for all that are in use.
	Late int
	// Age is how old the oldest of what is in force is: the list, or a key in memory. Beyond
	// StaleAfter it is refused.
	Age, StaleAfter time.Duration
	// ListedAt is when the keys were last listed; the zero time means never.
	ListedAt time.Time
	// LastSuccess is when Vault last answered; LastError is the last failure, at LastErrorAt, which
	// may lie before LastSuccess.
	LastSuccess, LastErrorAt time.Time
	LastError                error
	// LoggedInAt is when the token in use was obtained; TokenExpires when it ends unless it is
	// renewed, the zero time meaning never. LoginError is why the last login failed, or nil.
	LoggedInAt, TokenExpires time.Time
	LoginError               error
	// Malformed are the keys in memory whose current record is malformed, by id.
	Malformed []Malformed
}

// Malformed is a key that is refused because its record is.
type Malformed struct {
	ID      string
	Version int
	Problem *FieldError
}

// Status tells how the source stands. It looks at every key.
func (s *Source) Status() Status {
	if s.session == nil {
		return Status{LoginError: errNotOpen}
	}
	login := s.session.status()
	status := Status{
		LoggedInAt: login.since, TokenExpires: login.expires, LoginError: login.err,
		StaleAfter: s.options.Refresh + s.options.MaxStale,
	}
	for _, t := range []*trouble{&s.listed, &s.records} {
		success, errAt, err := t.last()
		if success.After(status.LastSuccess) {
			status.LastSuccess = success
		}
		if errAt.After(status.LastErrorAt) {
			status.LastError, status.LastErrorAt = err, errAt
		}
	}
	listing := s.listing.Load()
	if listing == nil {
		return status
	}
	now := s.options.Now()
	status.Keys, status.Ignored, status.ListedAt = len(listing.entries), listing.ignored, listing.asOf
	status.Age = now.Sub(listing.asOf)
	for _, e := range listing.entries {
		c := e.cached.Load()
		if c == nil {
			continue
		}
		status.Cached++
		age := now.Sub(c.asOf)
		status.Age = max(status.Age, age)
		if age > s.options.Refresh {
			status.Late++
		}
		if c.problem != nil {
			status.Malformed = append(status.Malformed, Malformed{ID: e.id, Version: c.history[0].number, Problem: c.problem})
		}
	}
	slices.SortFunc(status.Malformed, func(a, b Malformed) int { return strings.Compare(a.ID, b.ID) })
	return status
}

// Ready returns nil while the source can tell which keys there are, and else an error that says
// since when it cannot. In an outage of Vault it is ready for as long as it serves what it knows.
func (s *Source) Ready(context.Context) error {
	if s.session == nil {
		return errNotOpen
	}
	listing := s.listing.Load()
	if listing == nil {
		_, _, err := s.listed.last()
		return errors.Join(errNotListed, s.session.status().err, err)
	}
	if err := s.stale(listing.asOf, s.options.Now()); err != nil {
		_, _, last := s.listed.last()
		return errors.Join(err, last)
	}
	return nil
}

// Note is one line on the age of what is in force, for a readiness report.
func (s Status) Note() string {
	return fmt.Sprintf("%d keys, %d in memory, %s old at most; refused from %s on", s.Keys, s.Cached,
		s.Age.Round(time.Millisecond), s.StaleAfter)
}

// Record returns the record of a key that is in memory, and when Vault told it. Ok is false for one
// that is not, is revoked, or is malformed.
func (s *Source) Record(id string) (record Record, asOf time.Time, ok bool) {
	if s.session == nil {
		return Record{}, time.Time{}, false
	}
	listing := s.listing.Load()
	if listing == nil || listing.entries[id] == nil {
		return Record{}, time.Time{}, false
	}
	c := listing.entries[id].cached.Load()
	if c == nil || c.record == nil {
		return Record{}, time.Time{}, false
	}
	return *c.record, c.asOf, true
}
