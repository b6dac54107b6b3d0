package vaultkeys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/countersign-dev/countersign/server"
)

// errNotRead is what a request gets that waited for the first reading of its key in vain.
var errNotRead = errors.New("vaultkeys: Vault did not tell of the key in time")

// firstUse reads a key that nobody has asked for yet, or not for long. Requests for it meanwhile
// wait for the same reading; after one that failed they are refused for a moment without waiting,
// and so they are from when one of them has waited in vain until that reading has ended.
func (s *Source) firstUse(ctx context.Context, e *entry, now time.Time) (*server.Key, error) {
	failed := e.failure.Load()
	if failed != nil && now.Before(failed.until) {
		return nil, failed.err
	}
	// The reading is not the request's own: it goes on when the request gives up.
	outcome := s.flights.DoChan(e.id, func() (any, error) { return s.readFirst(e) })
	timer := time.NewTimer(s.options.Wait)
	defer timer.Stop()
	select {
	case result := <-outcome:
		if result.Err != nil {
			return nil, fmt.Errorf("%w: %w", errNotRead, result.Err)
		}
		found := result.Val.(*cached)
		return found.key, found.err
	case <-timer.C:
		err := fmt.Errorf("%w: it has not answered for %v", errNotRead, s.options.Wait)
		// Unless the reading has ended just now.
		e.failure.CompareAndSwap(failed, &failure{err: err, until: s.options.Now().Add(2 * s.options.Timeout)})
		return nil, err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errNotRead, ctx.Err())
	}
}

func (s *Source) readFirst(e *entry) (*cached, error) {
	if !s.enter() {
		return nil, errClosed
	}
	defer s.running.Done()
	if found := e.cached.Load(); found != nil { // read since the request looked
		return found, nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, 2*s.options.Timeout)
	defer cancel()
	err := s.firstReads.enter(ctx)
	if err == nil {
		defer s.firstReads.leave()
		var found *cached
		if found, err = s.read(ctx, e, s.firstReads); err == nil {
			e.failure.Store(nil)
			return found, nil
		}
	}
	e.failure.Store(&failure{err: fmt.Errorf("%w: %w", errNotRead, err), until: s.options.Now().Add(min(time.Second, s.options.Refresh/4))})
	return nil, err
}

// read asks Vault for a key and puts what it finds in force.
func (s *Source) read(ctx context.Context, e *entry, b *budget) (*cached, error) {
	e.reading.Lock()
	defer e.reading.Unlock()
	err := errChanged
	for try := 0; try < 3 && errors.Is(err, errChanged); try++ {
		var next *cached
		if next, err = s.look(ctx, e, b); err == nil {
			e.due.Store(s.elapsed(next.asOf) + int64(s.soon()))
			e.cached.Store(next)
			e.failing.Store(false)
			s.records.note(s.options, "", nil)
			return next, nil
		}
	}
	pause := s.soon()
	if !e.failing.Swap(true) { // it may have been a moment's
		pause /= 4
	}
	e.due.Store(s.elapsed(s.options.Now()) + int64(pause))
	if !ended(s.ctx, err) {
		s.records.note(s.options, "a key cannot be read", err)
	}
	return nil, err
}

// look asks once. It returns errChanged when the key changed meanwhile.
func (s *Source) look(ctx context.Context, e *entry, b *budget) (*cached, error) {
	if err := b.questions.Wait(ctx); err != nil {
		return nil, err
	}
	before := e.cached.Load()
	now, logins := s.options.Now(), s.session.status().logins
	h, err := s.kv.history(ctx, e.id)
	switch {
	case errors.Is(err, errGone):
		e.payloads = nil
		s.owners.release(e.id)
		return &cached{asOf: now, err: fmt.Errorf("%w: it is gone from Vault", server.ErrUnknownKey)}, nil
	case err != nil:
		s.deniedBy(err, logins)
		return nil, err
	case before != nil && !before.shared && before.history.equal(h) && !h.ending(now):
		same := *before
		same.asOf = now
		return &same, nil
	}
	used := make(map[int]payload)
	w := walk{id: e.id, history: h, overlap: s.options.Overlap, now: now,
		read: func(ctx context.Context, v version) (map[string]any, error) {
			known, ok := e.payloads[v.number]
			// What has a time of deletion is asked for again: it may have come by Vault's clock.
			if !ok || !known.created.Equal(v.created) || !v.deleted.IsZero() {
				if err := b.questions.Wait(ctx); err != nil {
					return nil, err
				}
				data, err := s.kv.fields(ctx, e.id, v.number)
				if err != nil {
					s.deniedBy(err, logins)
					return nil, err
				}
				known = payload{created: v.created, data: data}
			}
			used[v.number] = known
			return known.data, nil
		},
		tell: func(v version, err error) {
			delete(used, v.number)
			s.tellMalformed(e, v, err, "the secrets from it backwards are refused")
		},
	}
	next, err := s.conclude(ctx, e, before, &w)
	switch {
	case err != nil:
	case next.key != nil || next.shared:
		e.payloads = used
	default: // it is deleted or malformed, and not made anew of what was read
		e.payloads = nil
	}
	return next, err
}

// conclude makes of versions what is put in force.
func (s *Source) conclude(ctx context.Context, e *entry, before *cached, w *walk) (*cached, error) {
	next := &cached{asOf: w.now, history: w.history}
	record, err := w.record(ctx)
	if err == nil {
		if next.problem = s.owners.take(e.id, record.Secrets); next.problem != nil {
			next.shared, err = true, next.problem
		}
	}
	switch {
	case errors.Is(err, errGone):
		s.owners.release(e.id)
		next.err = fmt.Errorf("%w: its current version is deleted", server.ErrUnknownKey)
		return next, nil
	case errors.As(err, &next.problem):
		next.err = fmt.Errorf("%w: its record is malformed: %w", server.ErrUnknownKey, err)
		if !next.shared {
			s.owners.release(e.id)
		}
		// A shared secret is looked at again and again, until one of the keys changes.
		if !next.shared || before == nil || !before.shared {
			s.tellMalformed(e, w.history[0], err, "the key is refused")
		}
		return next, nil
	case err != nil:
		return nil, err
	}
	var previous *server.Key
	if before != nil {
		previous = before.key
	}
	next.record, next.key = record, record.key(previous)
	if previous == nil || !previous.Secrets[0].Secret.Equal(record.Fields.Secret) {
		s.options.Logger.Info("a secret from Vault is in force", slog.String("key_id", e.id),
			slog.Int("version", record.Version), slog.Int("valid_secrets", len(record.Secrets)))
		if record.Fields.Imported() {
			s.options.Logger.Warn("a secret was not made by countersign: it has no checksum, and nothing vouches for its randomness",
				slog.String("key_id", e.id), slog.Int("version", record.Version))
		}
	}
	return next, nil
}

// tellMalformed logs that a version is malformed, once.
func (s *Source) tellMalformed(e *entry, v version, err error, consequence string) {
	if e.told == v {
		return
	}
	e.told = v
	var field *FieldError
	errors.As(err, &field)
	s.options.Logger.Error("a key's record in Vault is malformed: "+consequence, slog.String("key_id", e.id),
		slog.Int("version", v.number), slog.String("field", field.Field), slog.String("problem", field.Problem))
}
