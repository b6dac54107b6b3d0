package badgerstore

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

// timers goes off when the test says so.
type timers chan timer

type timer struct {
	after time.Duration
	fire  func()
}

func (t timers) afterFunc(after time.Duration, f func()) func() bool {
	t <- timer{after, f}
	return func() bool { return true }
}

// expect returns the next timer that is set, which must be for so long.
func (t timers) expect(tb testing.TB, after time.Duration) timer {
	tb.Helper()
	set := <-t
	if set.after != after {
		tb.Fatalf("a timer was set for %s, want %s", set.after, after)
	}
	return set
}

// late returns the timer that makes a batch late, which is set when the first one has made it slow.
func (t timers) late(tb testing.TB) timer {
	tb.Helper()
	t.expect(tb, slowWait).fire()
	return t.expect(tb, maxWait-slowWait)
}

// heldLog holds writes up, or its end.
type heldLog struct {
	claimLog
	entered, written, closed chan struct{} // nil lets everything through
}

func (l heldLog) write(puts []entry, deletes [][]byte) error {
	if l.entered != nil {
		l.entered <- struct{}{}
		<-l.written
	}
	return l.claimLog.write(puts, deletes)
}

func (l heldLog) close() error {
	if l.closed != nil {
		<-l.closed
	}
	return l.claimLog.close()
}

// stalling is a store whose timers the test has in hand.
type stalling struct {
	place  *place
	setup  noncetest.Setup
	timers timers
	store  nonce.Store
}

func newStalling(t *testing.T, log heldLog) *stalling {
	s := &stalling{
		place:  newPlace(t),
		setup:  noncetest.Setup{Clock: noncetest.NewClock(noon), Initial: nonce.New},
		timers: make(timers, 16),
	}
	s.place.change = func(o *Options) {
		o.hooks.after = s.timers.afterFunc
		o.hooks.log = func(inner claimLog) claimLog {
			log.claimLog = inner
			return log
		}
	}
	var err error
	if s.store, err = s.place.Open(s.setup); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stalling) claim(name string) error { return s.claimUntil(context.Background(), name) }

func (s *stalling) claimUntil(ctx context.Context, name string) error {
	return s.store.Claim(ctx, nonce.NewID("key", name), noon, noon.Add(302*time.Second))
}

// start claims on a goroutine of its own.
func (s *stalling) start(name string) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- s.claim(name) }()
	return answer
}

func (s *stalling) ready() error { return s.store.(nonce.Readier).Ready(context.Background()) }

func TestClaimIsAnsweredWhileWritesAreHeldUp(t *testing.T) {
	log := heldLog{entered: make(chan struct{}), written: make(chan struct{})}
	s := newStalling(t, log)
	first := s.start("first")
	firstLate := s.timers.late(t)
	<-log.entered
	second := s.start("second") // behind it
	secondLate := s.timers.late(t)
	if err := s.ready(); err != nil {
		t.Fatalf("ready while a write is under way: %v", err)
	}

	firstLate.fire()
	if err := <-first; !errors.Is(err, errStalled) {
		t.Fatalf("claim that is being written: %v, want errStalled", err)
	}
	if err := s.ready(); !errors.Is(err, errStalled) {
		t.Fatalf("ready: %v, want errStalled", err)
	}
	// Whoever comes now does not wait, and nothing piles up.
	if err := s.claim("third"); !errors.Is(err, errStalled) {
		t.Fatalf("claim while writes are held up: %v, want errStalled", err)
	}
	secondLate.fire()
	if err := <-second; !errors.Is(err, errStalled) {
		t.Fatalf("claim that waits in the queue: %v, want errStalled", err)
	}

	// Both are written once that is possible, and then all is as before.
	log.written <- struct{}{}
	<-log.entered // the first one is finished
	if err := s.ready(); err != nil {
		t.Fatalf("ready when writes go on: %v", err)
	}
	log.written <- struct{}{}
	go func() {
		<-log.entered
		log.written <- struct{}{}
	}()
	if err := s.claim("third"); err != nil {
		t.Fatalf("claim when writes go on: %v", err)
	}
	s.timers.expect(t, slowWait).fire() // too late to make it slow
	if err := s.ready(); err != nil {
		t.Fatalf("ready after the timer of a claim that is done: %v", err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.place.change = nil
	var err error
	if s.store, err = s.place.Open(s.setup); err != nil {
		t.Fatal(err)
	}
	defer s.store.Close()
	for _, name := range []string{"first", "second", "third"} {
		if err := s.claim(name); !errors.Is(err, nonce.ErrReplayed) {
			t.Errorf("%s: %v, want it recorded", name, err)
		}
	}
}

// TestSlowClaimEndsWithItsContext: one caller gives up, another waits on and gets its answer.
func TestSlowClaimEndsWithItsContext(t *testing.T) {
	log := heldLog{entered: make(chan struct{}), written: make(chan struct{})}
	s := newStalling(t, log)
	ctx, cancel := context.WithCancel(context.Background())
	leaves := make(chan error, 1)
	go func() { leaves <- s.claimUntil(ctx, "leaves") }()
	slow := s.timers.expect(t, slowWait)
	<-log.entered
	waits := s.start("waits")
	secondSlow := s.timers.expect(t, slowWait)
	cancel()
	slow.fire()
	if err := <-leaves; !errors.Is(err, context.Canceled) {
		t.Fatalf("claim whose context has ended: %v, want context.Canceled", err)
	}
	secondSlow.fire()
	log.written <- struct{}{}
	<-log.entered
	log.written <- struct{}{}
	if err := <-waits; err != nil {
		t.Fatalf("claim that was slow: %v", err)
	}
	if err := s.claim("leaves"); !errors.Is(err, nonce.ErrReplayed) {
		t.Errorf("claim that was left: %v, want it recorded", err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCloseGivesUp: Close returns while a write hangs, or Badger's own end, and the directory stays
// locked for as long as something may still be written.
func TestCloseGivesUp(t *testing.T) {
	t.Run("a write hangs", func(t *testing.T) {
		log := heldLog{entered: make(chan struct{}), written: make(chan struct{})}
		s := newStalling(t, log)
		answer := s.start("a")
		late := s.timers.late(t)
		<-log.entered
		s.giveUp(t)
		late.fire()
		if err := <-answer; !errors.Is(err, errStalled) {
			t.Errorf("claim that is being written: %v, want errStalled", err)
		}
		close(log.written)
		s.reopen(t)
		if err := s.claim("a"); !errors.Is(err, nonce.ErrReplayed) {
			t.Errorf("claim that was written after Close: %v, want ErrReplayed", err)
		}
	})
	t.Run("Badger hangs", func(t *testing.T) {
		log := heldLog{closed: make(chan struct{})}
		s := newStalling(t, log)
		if err := s.claim("a"); err != nil {
			t.Fatal(err)
		}
		s.timers.expect(t, slowWait)
		s.giveUp(t)
		check := func() {
			s.reopen(t)
			if err := s.claim("a"); !errors.Is(err, nonce.ErrReplayed) {
				t.Errorf("claim that was answered before Close: %v, want ErrReplayed", err)
			}
		}
		path := s.place.path
		s.place.Crash() // the process ends without having waited any longer
		check()
		s.place.path = path // or it does wait
		close(log.closed)
		check()
	})
}

// giveUp closes the store, whose end is held up.
func (s *stalling) giveUp(t *testing.T) {
	t.Helper()
	closed := make(chan error)
	go func() { closed <- s.store.Close() }()
	s.timers.expect(t, maxClose).fire()
	if err := <-closed; err == nil {
		t.Error("Close returned nil while something was left to write")
	}
	if err := s.store.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := s.claim("late"); !errors.Is(err, nonce.ErrClosed) {
		t.Errorf("claim after Close: %v, want ErrClosed", err)
	}
	if _, err := s.place.Open(s.setup); !errors.Is(err, ErrInUse) {
		t.Errorf("open while something is left to write: %v, want ErrInUse", err)
	}
	if _, err := RaiseFloor(s.place.path, noon); !errors.Is(err, ErrInUse) {
		t.Errorf("raise floor while something is left to write: %v, want ErrInUse", err)
	}
}

// reopen opens the store again as soon as it is let go.
func (s *stalling) reopen(t *testing.T) {
	t.Helper()
	s.place.change = nil
	var err error
	for {
		if s.store, err = s.place.Open(s.setup); !errors.Is(err, ErrInUse) {
			break
		}
		runtime.Gosched()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
}
