package badgerstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

func TestOpenNamesTheBadOption(t *testing.T) {
	for field, options := range map[string]Options{
		"Initial":    {Initial: 7},
		"Durability": {Durability: 7},
		"Capacity":   {Capacity: -1},
		"KeyShare":   {Capacity: 10, KeyShare: 11},
		"MinFree":    {MinFree: 1},
	} {
		path := filepath.Join(t.TempDir(), "store")
		s, err := Open(context.Background(), path, options)
		if s != nil || err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v, %v; want an error that names it", field, s, err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: the directory was made in spite of the error", field)
		}
	}
}

func TestOneStoreAtATime(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, Options{Initial: nonce.New})
	if _, err := Open(context.Background(), path, Options{Logger: quiet}); !errors.Is(err, ErrInUse) {
		t.Errorf("second open: %v, want ErrInUse", err)
	}
	if _, err := ReadInfo(path); !errors.Is(err, ErrInUse) {
		t.Errorf("info: %v, want ErrInUse", err)
	}
	if _, err := RaiseFloor(path, time.Now()); !errors.Is(err, ErrInUse) {
		t.Errorf("raise floor: %v, want ErrInUse", err)
	}
	now := time.Now()
	if err := s.Claim(context.Background(), randomID(), now, now.Add(time.Minute)); err != nil {
		t.Errorf("claim after the others were refused: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadInfo(path); err != nil {
		t.Errorf("info after close: %v", err)
	}
}

func TestInfoOfAStoppedStore(t *testing.T) {
	for _, closed := range []bool{true, false} {
		p, setup := filled(t, closed)
		before := contents(t, p.path)
		info, err := ReadInfo(p.path)
		if err != nil {
			t.Fatal(err)
		}
		now := setup.Clock.Now()
		if info.FormatVersion != formatVersion || info.Claims != 50 || info.Clean != closed || info.Durability != DurabilityOS ||
			info.DiskBytes == 0 || len(info.BootID) != bootIDLength || !info.Floor.IsZero() || info.DropLine.After(now) ||
			info.Ceiling.Before(now) || info.Ceiling.After(now.Add(step)) {
			t.Errorf("closed %v: %+v", closed, info)
		}
		for name, text := range contents(t, p.path) {
			if before[name] != text {
				t.Errorf("%s was changed", name)
			}
		}
	}
}

func TestNoStoreNoInfo(t *testing.T) {
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
		if _, err := ReadInfo(path); !errors.Is(err, ErrNoStore) {
			t.Errorf("info: %v, want ErrNoStore", err)
		}
		if _, err := RaiseFloor(path, time.Now()); !errors.Is(err, ErrNoStore) {
			t.Errorf("raise floor: %v, want ErrNoStore", err)
		}
	}
}

// TestDirectoryWithoutRecordIsNoStore: a first start that was killed before the record stood.
func TestDirectoryWithoutRecordIsNoStore(t *testing.T) {
	p, setup := filled(t, false)
	if err := os.Remove(filepath.Join(p.path, recordName)); err != nil {
		t.Fatal(err)
	}
	setup.Initial = nonce.Replacement
	store, err := p.Open(setup)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := setup.Clock.Now()
	if err := store.Claim(context.Background(), nonce.NewID("key", "x"), now, now.Add(time.Minute)); !errors.Is(err, nonce.ErrTooOld) {
		t.Fatalf("claim: %v, want ErrTooOld", err)
	}
}

func TestUnreadableBootIDIsAnotherBoot(t *testing.T) {
	p := newPlace(t)
	p.change = func(o *Options) { o.hooks.bootID = func() string { return "" } }
	clock := noncetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	setup := noncetest.Setup{Clock: clock, Initial: nonce.New}
	for i := range 3 {
		store, err := p.Open(setup)
		if err != nil {
			t.Fatal(err)
		}
		now := clock.Now()
		err = store.Claim(context.Background(), nonce.NewID("key", "a"), now, now.Add(time.Minute))
		if i == 0 && err != nil || i > 0 && !errors.Is(err, nonce.ErrTooOld) {
			t.Fatalf("open %d: claim: %v", i, err)
		}
		_ = store.Close()
	}
}

func TestOpenErrorsAreToldApart(t *testing.T) {
	for text, want := range map[string]error{
		`Cannot acquire directory lock on "x".  Another process is using this Badger database. err: resource temporarily unavailable`: ErrInUse,
		"while opening memtables err: unable to open: 00001.mem\nopen 00001.mem: permission denied":                                   nil,
		"while opening memtables err: open 00001.mem: permission denied":                                                              nil,
		"manifest has bad magic": ErrCorrupt,
	} {
		err := openError("store", errors.New(text))
		if want != nil && !errors.Is(err, want) || want == nil && (errors.Is(err, ErrCorrupt) || errors.Is(err, ErrInUse)) {
			t.Errorf("%q became %v", text, err)
		}
	}
}
