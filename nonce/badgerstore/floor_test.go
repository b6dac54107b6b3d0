package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

// TestEachFloorHasItsOwnText: what is logged while requests are refused says why, once, and nothing
// is logged where nobody is refused.
func TestEachFloorHasItsOwnText(t *testing.T) {
	hold := nonce.ReplacementHold
	for _, test := range []struct {
		name    string
		initial nonce.Initial
		fresh   bool // no store is there
		happens func(*testing.T, *place, *noncetest.Clock)
		want    string
		floor   time.Duration // from noon on
	}{
		{name: "first start, new", initial: nonce.New, fresh: true},
		{name: "first start", fresh: true, want: floorOfNewStore, floor: hold},
		{name: "same boot"},
		{
			name:    "restart of the machine",
			happens: func(_ *testing.T, p *place, _ *noncetest.Clock) { p.boot++ },
			want:    floorOfLoss, floor: step,
		},
		{
			name: "restart of the machine, slowly",
			happens: func(_ *testing.T, p *place, clock *noncetest.Clock) {
				p.boot++
				clock.Advance(step)
			},
		},
		{
			name:    "jump since the last write",
			happens: func(_ *testing.T, _ *place, clock *noncetest.Clock) { clock.Step(time.Minute) },
			want:    floorOfJump, floor: time.Minute + hold,
		},
		{
			name: "jump during the load",
			happens: func(_ *testing.T, p *place, clock *noncetest.Clock) {
				p.boot++
				clock.AfterRead(func() { clock.Step(time.Minute) })
			},
			want: floorOfJump, floor: time.Minute + hold,
		},
		{
			name: "raised by hand",
			happens: func(t *testing.T, p *place, _ *noncetest.Clock) {
				if _, err := RaiseFloor(p.path, noon.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			},
			want: floorSetBefore, floor: time.Hour,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := noncetest.NewClock(noon)
			p := newPlace(t)
			setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
			if !test.fresh {
				store, err := p.Open(setup)
				if err != nil {
					t.Fatal(err)
				}
				signed := noon.Add(time.Second) // between two steps of the ceiling
				if err := store.Claim(context.Background(), nonce.NewID("key", "a"), signed, noon.Add(time.Minute)); err != nil {
					t.Fatal(err)
				}
				p.Crash()
			}
			if test.happens != nil {
				test.happens(t, p, clock)
			}
			var said bytes.Buffer
			p.change = func(o *Options) { o.Logger = warnings(&said) }
			setup.Initial = test.initial
			store, err := p.Open(setup)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			expectWarning(t, said.String(), test.want, noon.Add(test.floor))
		})
	}
}

// TestJumpWhileOpenIsLogged: by Close at the latest nothing is left to say, so the log is complete.
func TestJumpWhileOpenIsLogged(t *testing.T) {
	clock := noncetest.NewClock(noon)
	p := newPlace(t)
	var said bytes.Buffer
	p.change = func(o *Options) { o.Logger = warnings(&said) }
	store, err := p.Open(noncetest.Setup{Clock: clock, Initial: nonce.New})
	if err != nil {
		t.Fatal(err)
	}
	clock.Step(time.Minute)
	floor := noon.Add(time.Minute + nonce.ReplacementHold)
	if err := store.Claim(context.Background(), nonce.NewID("key", "a"), noon, noon.Add(time.Hour)); !errors.Is(err, nonce.ErrTooOld) {
		t.Fatalf("claim after the jump: %v, want ErrTooOld", err)
	}
	// Signed beyond the floor, it is written, and the floor before it.
	for range 2 {
		if err := store.Claim(context.Background(), randomID(), floor.Add(time.Second), floor.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	expectWarning(t, said.String(), floorOfJump, floor)
}

func warnings(to *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// expectWarning checks that said holds one line, with text and floor, or none if text is empty.
func expectWarning(t *testing.T, said, text string, floor time.Time) {
	t.Helper()
	if text == "" {
		if said != "" {
			t.Errorf("logged %q, want nothing", said)
		}
		return
	}
	quoted := strings.ReplaceAll(text, `"`, `\"`)
	if strings.Count(said, "\n") != 1 || !strings.Contains(said, quoted) || !strings.Contains(said, floor.Format(time.RFC3339)) {
		t.Errorf("logged %q, want %q and %s", said, text, floor.Format(time.RFC3339))
	}
}
