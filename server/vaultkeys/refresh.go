package vaultkeys

import (
	"cmp"
	"context"
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
// those that nobody uses.
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
	for _, e := range listing.entries {
		switch {
		case e.cached.Load() == nil || elapsed < e.due.Load() || e.busy.Load():
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
	return due
}
