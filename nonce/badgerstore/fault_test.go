package badgerstore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

var errInjected = errors.New("injected: input/output error")

// faults makes the next operation of a kind fail, before or after it has taken effect.
type faults struct {
	write, persistedWrite, sync, persistedSync, state, persistedState atomic.Bool
}

type faultyLog struct {
	claimLog
	faults *faults
}

func (l faultyLog) write(puts []entry, deletes [][]byte) error {
	if l.faults.write.Swap(false) {
		return errInjected
	}
	if err := l.claimLog.write(puts, deletes); err != nil {
		return err
	}
	if l.faults.persistedWrite.Swap(false) {
		return errInjected
	}
	return nil
}

func (l faultyLog) sync() error {
	if l.faults.sync.Swap(false) {
		return errInjected
	}
	if err := l.claimLog.sync(); err != nil {
		return err
	}
	if l.faults.persistedSync.Swap(false) {
		return errInjected
	}
	return nil
}

type faultyState struct {
	stateFile
	faults *faults
}

func (f faultyState) write(r record) error {
	if f.faults.state.Swap(false) {
		return errInjected
	}
	if err := f.stateFile.write(r); err != nil {
		return err
	}
	if f.faults.persistedState.Swap(false) {
		return errInjected
	}
	return nil
}

func (f *faults) into(o *Options) {
	o.hooks.log = func(log claimLog) claimLog { return faultyLog{log, f} }
	o.hooks.state = func(file stateFile) stateFile { return faultyState{file, f} }
}

func TestStoreStopsAfterAFailure(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, inject := range map[string]func(*faults){
		"write":           func(f *faults) { f.write.Store(true) },
		"persisted write": func(f *faults) { f.persistedWrite.Store(true) },
		"sync":            func(f *faults) { f.sync.Store(true) },
		"persisted sync":  func(f *faults) { f.persistedSync.Store(true) },
		"state":           func(f *faults) { f.state.Store(true) },
		"persisted state": func(f *faults) { f.persistedState.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			clock := noncetest.NewClock(start)
			p := newPlace(t)
			f := new(faults)
			p.change = f.into
			setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
			store, err := p.Open(setup)
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			claim := func(id nonce.ID, signed time.Time) error {
				return store.Claim(ctx, id, signed, signed.Add(302*time.Second))
			}
			// What the store has answered before must stay answered, whatever the failure took along.
			before := nonce.NewID("key", "before")
			if err := claim(before, start); err != nil {
				t.Fatal(err)
			}
			ahead := nonce.NewID("key", "ahead")
			if err := claim(ahead, start.Add(290*time.Second)); err != nil {
				t.Fatal(err)
			}
			inject(f)
			// Signed beyond the ceiling, and one far ahead: both kinds of fsync come into it.
			failed := nonce.NewID("key", "failed")
			clock.Advance(20 * time.Second)
			now := clock.Now()
			errFirst := claim(failed, now)
			errSecond := claim(nonce.NewID("key", "far"), now.Add(60*time.Second))
			if !errors.Is(errors.Join(errFirst, errSecond), errInjected) {
				t.Fatalf("claims: %v and %v, want the injected error", errFirst, errSecond)
			}
			for range 3 {
				if err := claim(nonce.NewID("key", "later"), now); !errors.Is(err, errInjected) {
					t.Fatalf("claim after the failure: %v, want the injected error", err)
				}
			}
			if err := store.(nonce.Readier).Ready(ctx); !errors.Is(err, errInjected) {
				t.Fatalf("ready after the failure: %v, want the injected error", err)
			}
			_ = store.Close()
			if info, err := ReadInfo(p.path); err != nil || info.BootID != "" || info.Clean {
				t.Fatalf("info: %+v, %v; want neither a boot id nor clean", info, err)
			}

			// The same boot, but as if it were another one: what was signed up to now is refused.
			store, err = p.Open(setup)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			var old *nonce.TooOldError
			if err := claim(nonce.NewID("key", "fresh"), now); !errors.As(err, &old) || old.Cause != nonce.BelowFloor {
				t.Fatalf("claim signed before the store was opened again: %v, want a floor", err)
			}
			for _, replay := range []struct {
				id     nonce.ID
				signed time.Time
			}{{before, start}, {ahead, start.Add(290 * time.Second)}, {failed, now}} {
				if err := claim(replay.id, replay.signed); !errors.Is(err, nonce.ErrReplayed) && !errors.Is(err, nonce.ErrTooOld) {
					t.Fatalf("replay: %v", err)
				}
			}
			clock.Advance(6 * time.Second)
			if err := claim(nonce.NewID("key", "fresh"), clock.Now()); err != nil {
				t.Fatalf("claim after the store was opened again: %v", err)
			}
		})
	}
}

// TestFailureIsRememberedWithoutTheRecord: the record cannot be written any more either.
func TestFailureIsRememberedWithoutTheRecord(t *testing.T) {
	clock := noncetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	p := newPlace(t)
	f := new(faults)
	p.change = f.into
	setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.Now()
	// The first claim moves the ceiling, so that the second one needs no record.
	if err := store.Claim(context.Background(), nonce.NewID("key", "a"), now, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	f.write.Store(true)
	f.state.Store(true)
	if err := store.Claim(context.Background(), nonce.NewID("key", "b"), now, now.Add(time.Minute)); !errors.Is(err, errInjected) {
		t.Fatalf("claim: %v, want the injected error", err)
	}
	if f.state.Load() {
		t.Fatal("the store did not try to mark its record")
	}
	p.Crash()
	if store, err = p.Open(setup); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Claim(context.Background(), nonce.NewID("key", "c"), now, now.Add(time.Minute)); !errors.Is(err, nonce.ErrTooOld) {
		t.Fatalf("claim signed before the store was opened again: %v, want ErrTooOld", err)
	}
}

// TestMarkOfAFailureOutlivesAnOpenThatFails: the record cannot be written after the failure, nor
// when the store is opened again. Until the new record stands, the mark beside it must.
func TestMarkOfAFailureOutlivesAnOpenThatFails(t *testing.T) {
	clock := noncetest.NewClock(noon)
	p := newPlace(t)
	f := new(faults)
	p.change = f.into
	setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string) error {
		return store.Claim(context.Background(), nonce.NewID("key", name), noon, noon.Add(time.Minute))
	}
	if err := claim("a"); err != nil { // moves the ceiling, so that the next one needs no record
		t.Fatal(err)
	}
	f.persistedWrite.Store(true) // nothing is missing, so that the mark alone tells
	f.state.Store(true)
	if err := claim("b"); !errors.Is(err, errInjected) {
		t.Fatalf("claim: %v, want the injected error", err)
	}
	p.Crash()
	for range 2 {
		f.state.Store(true)
		if _, err := p.Open(setup); !errors.Is(err, errInjected) {
			t.Fatalf("open: %v, want the injected error", err)
		}
	}
	clock.Advance(time.Second)
	if store, err = p.Open(setup); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := claim("c"); !errors.Is(err, nonce.ErrTooOld) {
		t.Fatalf("claim signed before the store was opened again: %v, want ErrTooOld", err)
	}
}
