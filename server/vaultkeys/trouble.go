package vaultkeys

import (
	"log/slog"
	"sync"
	"time"
)

// toldEvery bounds how often the log hears of one kind of trouble that comes and goes.
const toldEvery = time.Minute

// trouble is what one kind of question to Vault last came to.
type trouble struct {
	// quiet is how long no failure must have come for an answer to be the end of it: where many keys
	// are asked for, that one is told of says nothing of one that goes on failing.
	quiet time.Duration

	mu      sync.Mutex
	since   time.Time // the first failure of the trouble that is; zero: there is none
	toldAt  time.Time
	told    bool // the log knows of the trouble that is
	success time.Time
	err     error // the last one, and when
	errAt   time.Time
}

// note takes down an outcome; the log hears of the beginning of trouble, and of its end.
func (t *trouble) note(o Options, what string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := o.Now()
	if err == nil {
		t.success = now
		if t.since.IsZero() || now.Sub(t.errAt) < t.quiet {
			return
		}
		if t.told {
			o.Logger.Info("Vault answers again", slog.Duration("after", now.Sub(t.since)))
		}
		t.since, t.told = time.Time{}, false
		return
	}
	if t.since.IsZero() {
		t.since = now
	}
	t.err, t.errAt = err, now
	if !t.told && (t.toldAt.IsZero() || now.Sub(t.toldAt) >= toldEvery) {
		t.told, t.toldAt = true, now
		o.Logger.Error(what+": what is known stays in force for a while", slog.Any("error", err),
			slog.Duration("max_stale", o.MaxStale))
	}
}

func (t *trouble) last() (success, errAt time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.success, t.errAt, t.err
}
