package vaultkeys

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// listing is the set of keys at an instant. It is never changed, and its entries are shared with
// the listings before and after.
type listing struct {
	asOf    time.Time
	entries map[string]*entry
	ignored int // names that are no key ids
}

// followList lists the keys again and again, and after each login.
func (s *Source) followList(ctx context.Context) {
	pauses := backoff.NewExponentialBackOff(backoff.WithInitialInterval(s.options.Refresh/20),
		backoff.WithMaxInterval(s.options.Refresh/2), backoff.WithMaxElapsedTime(0))
	pause := s.soon()
	if s.listing.Load() == nil && s.session.status().logins > 0 { // the first listing failed
		pause = pauses.NextBackOff()
	}
	for {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-s.session.fresh:
			timer.Stop()
		}
		if err := s.list(ctx); err != nil {
			pause = pauses.NextBackOff()
		} else {
			pauses.Reset()
			pause = s.soon()
		}
	}
}

// soon is a random while that is well within the refresh interval, so that instances which started
// together do not ask together.
func (s *Source) soon() time.Duration {
	return time.Duration(float64(s.options.Refresh) * (0.65 + 0.2*rand.Float64()))
}

// list brings the set of keys up to date.
func (s *Source) list(ctx context.Context) error {
	asOf, logins := s.options.Now(), s.session.status().logins
	names, err := s.kv.ids(ctx)
	if ended(ctx, err) {
		return err
	}
	s.listed.note(s.options, "the keys cannot be listed", err)
	if err != nil {
		s.deniedBy(err, logins)
		return err
	}
	before := s.listing.Load()
	if before == nil {
		before = &listing{}
	}
	next := &listing{asOf: asOf, entries: make(map[string]*entry, len(names))}
	added := false
	for _, name := range names {
		if strings.HasSuffix(name, "/") { // a folder, whose keys are another prefix's
			continue
		}
		if keyrules.CheckID(name) != nil {
			next.ignored++
			continue
		}
		e := before.entries[name]
		if e == nil {
			e, added = &entry{id: name}, true
		}
		next.entries[name] = e
	}
	if !added && len(next.entries) == len(before.entries) {
		next.entries = before.entries
	}
	s.listing.Store(next)
	for id := range before.entries {
		if next.entries[id] == nil {
			s.owners.release(id)
		}
	}
	if before.asOf.IsZero() {
		s.tellListed(len(next.entries))
	}
	if next.ignored > before.ignored {
		s.options.Logger.Warn("names below the prefix in Vault are no key ids, and are left out: 1 to 128 of A-Z a-z 0-9 . _ ~ -, not beginning with cs_",
			slog.String("prefix", s.options.Mount+"/"+s.options.Prefix), slog.Int("names", next.ignored))
	}
	return nil
}

// tellListed logs what the first listing found.
func (s *Source) tellListed(keys int) {
	where := slog.String("path", s.options.Mount+"/"+s.options.Prefix)
	if keys == 0 {
		s.options.Logger.Warn("Vault has no keys at this path: look at mount and prefix, unless none has been made yet", where)
		return
	}
	s.options.Logger.Info("keys in Vault are listed", where, slog.Int("keys", keys))
}

// deniedBy tells the session of an error that a new login may mend.
func (s *Source) deniedBy(err error, logins uint64) {
	if denied(err) {
		s.session.deny(logins)
	}
}
