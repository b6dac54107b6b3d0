package badgerstore

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 10, 0, time.UTC)

// TestClaimLeftOutAsExpiredStaysRefused: the committer finds the claim expired and does not write
// it; then the clock steps back, and by the caller's last look it would be in time.
func TestClaimLeftOutAsExpiredStaysRefused(t *testing.T) {
	clock := noncetest.NewClock(noon)
	p := newPlace(t)
	setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	id, expires := nonce.NewID("key", "a"), noon.Add(time.Second)
	clock.AfterRead(func() { // the caller's first look; the committer's next one is careful, and reads twice
		clock.AfterRead(func() {
			clock.Advance(1500 * time.Millisecond)
			clock.AfterRead(func() { clock.Step(-time.Second) })
		})
	})
	claim := func() error { return store.Claim(context.Background(), id, noon, expires) }
	var old *nonce.TooOldError
	if err := claim(); !errors.As(err, &old) || old.Cause != nonce.Expired {
		t.Errorf("claim: %v, want it expired", err)
	}
	if now := clock.Now(); !now.Before(expires) {
		t.Fatalf("the clock stands at %s: it was not set back", now)
	}
	// Nothing was written, so that only the refusal keeps the claim from being accepted twice.
	p.Crash()
	if store, err = p.Open(setup); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := claim(); err != nil {
		t.Errorf("claim after a crash: %v", err)
	}
}

// jumpBetween lets something happen between two readings of the bounds.
type jumpBetween struct {
	bounds
	happen *func()
}

func (j jumpBetween) Offset() int64 {
	defer j.between()
	return j.bounds.Offset()
}

func (j jumpBetween) Floor() int64 {
	defer j.between()
	return j.bounds.Floor()
}

func (j jumpBetween) between() {
	if happen := *j.happen; happen != nil {
		*j.happen = nil
		happen()
	}
}

// copyAfterWrite keeps a copy of the store's directory as it is behind a write of the record: what
// kill -9 leaves there.
type copyAfterWrite struct {
	stateFile
	from, to string
	err      *error
}

func (c copyAfterWrite) write(r record) error {
	err := c.stateFile.write(r)
	if *c.err == errNotYet {
		*c.err = os.CopyFS(c.to, os.DirFS(c.from))
	}
	return err
}

var errNotYet = errors.New("the record was not written")

// TestJumpBetweenOffsetAndFloorIsNotHidden: the clock jumps while the record is being made up, and
// another caller notices. A record with the new offset and the old floor would hide the jump from
// the next Open.
func TestJumpBetweenOffsetAndFloorIsNotHidden(t *testing.T) {
	for name, write := range map[string]func(*place, nonce.Store) error{
		"claim": func(p *place, store nonce.Store) error {
			// The record is written for the ceiling's sake.
			err := store.Claim(context.Background(), nonce.NewID("key", "a"), noon, noon.Add(302*time.Second))
			if !errors.Is(err, nonce.ErrTooOld) {
				return errors.Join(errors.New("a claim signed before the jump was not refused"), err)
			}
			return nil
		},
		"close": func(p *place, store nonce.Store) error { return store.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			clock := noncetest.NewClock(noon)
			p := newPlace(t)
			setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
			var happen func()
			left, copied := t.TempDir(), error(nil)
			p.change = func(o *Options) {
				o.hooks.bounds = func(b bounds) bounds { return jumpBetween{b, &happen} }
				o.hooks.state = func(f stateFile) stateFile { return copyAfterWrite{f, p.path, left, &copied} }
			}
			store, err := p.Open(setup)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			happen = func() {
				copied = errNotYet
				clock.Step(10 * time.Minute)
				_ = store.(nonce.Peeker).Peek(context.Background(), nonce.NewID("key", "b")) // looks at the clock
			}
			if err := write(p, store); err != nil {
				t.Fatal(err)
			}
			if copied != nil {
				t.Fatal(copied)
			}

			p.path, p.change = left, nil
			again, err := p.Open(setup)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			// Perhaps accepted between snapshot and restore.
			now := clock.Now()
			if err := again.Claim(context.Background(), nonce.NewID("key", "c"), now, now.Add(302*time.Second)); !errors.Is(err, nonce.ErrTooOld) {
				t.Errorf("claim signed before the floor of the jump: %v, want ErrTooOld", err)
			}
		})
	}
}

// TestJumpDuringTheLoadIsRemembered: the clock jumps between the window's first look and the last one
// of Open, and the store is killed before its first claim.
func TestJumpDuringTheLoadIsRemembered(t *testing.T) {
	for name, before := range map[string]func(*testing.T, *place, noncetest.Setup){
		"new store": func(*testing.T, *place, noncetest.Setup) {},
		"another boot": func(t *testing.T, p *place, setup noncetest.Setup) {
			if _, err := p.Open(setup); err != nil {
				t.Fatal(err)
			}
			p.LosePower()
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := noncetest.NewClock(noon)
			p := newPlace(t)
			setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
			before(t, p, setup)
			clock.AfterRead(func() { clock.Step(10 * time.Minute) })
			if _, err := p.Open(setup); err != nil {
				t.Fatal(err)
			}
			p.Crash()
			store, err := p.Open(setup)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			signed := clock.Now().Add(time.Second)
			if err := store.Claim(context.Background(), nonce.NewID("key", "a"), signed, signed.Add(302*time.Second)); !errors.Is(err, nonce.ErrTooOld) {
				t.Errorf("claim signed before the floor of the jump: %v, want ErrTooOld", err)
			}
		})
	}
}
