package vaultkeys

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"
)

// idleRefreshes is how many refresh intervals a key is kept in memory, and fresh, after its last
// use. The next use of it then waits for Vault again.
const idleRefreshes = 10

// refresh reads keys in use again before the refresh interval has passed.
func (s *Source) refresh(ctx context.Context) {
	ticker := time.NewTicker(max(s.options.Refresh/20, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, e := range s.due() {
			if s.refreshes.enter(ctx) != nil {
				return
			}
			s.running.Go(func() {
				defer e.busy.Store(false)
				defer s.refreshes.leave()
				ctx, cancel := context.WithTimeout(ctx, 2*s.options.Timeout)
				defer cancel()
				_, _ = s.read(ctx, e, s.refreshes) // the log, Status and the age of the key have the error
			})
		}
	}
}

// due returns the entries to be read again, the most overdue first, and marks them busy. It drops
// those that nobody uses, and logs when it cannot keep up.
func (s *Source) due() []*entry {
	listing := s.listing.Load()
	if listing == nil {
		return nil
	}
	now := s.options.Now()
	// In an outage nothing is dropped: it could not be read again.
	reachable := now.Sub(listing.asOf) <= s.options.Refresh
	elapsed := s.elapsed(now)
	var due []*entry
	var oldest time.Duration // of the keys that Vault would tell of
	for _, e := range listing.entries {
		c := e.cached.Load()
		if c != nil && !e.failing.Load() {
			oldest = max(oldest, now.Sub(c.asOf))
		}
		switch {
		case c == nil || elapsed < e.due.Load() || e.busy.Load():
		case reachable && e.idle(elapsed, idleRefreshes*s.options.Refresh):
			e.forget()
		default:
			due = append(due, e)
		}
	}
	slices.SortFunc(due, func(a, b *entry) int { return cmp.Compare(a.due.Load(), b.due.Load()) })
	for _, e := range due {
		e.busy.Store(true)
	}
	if reachable && oldest > s.options.Refresh && now.Sub(s.lateToldAt) >= toldEvery {
		s.lateToldAt = now
		s.options.Logger.Warn("keys in use are refreshed too late: Vault is slow, or there are more than the refreshes a second allow for",
			slog.Duration("oldest", oldest), slog.Duration("refresh", s.options.Refresh), slog.Int("refreshes", s.options.Refreshes))
	}
	return due
}
