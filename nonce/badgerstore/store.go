package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/internal/window"
)

// Store is a [nonce.Store] in a directory of its own. It is safe for concurrent use within one
// process, and no other process can open the directory meanwhile. [Open] returns one.
type Store struct {
	path       string
	durability Durability
	logger     *slog.Logger
	window     *window.Window
	bounds     bounds // of window
	disk       diskSpace
	queue      *queue
	failure    atomic.Pointer[failure] // set once, by the committer

	// The committer goroutine alone uses what follows, from Open until it has stopped.
	log     claimLog
	state   stateFile
	acked   *ackedFile
	record  record   // as last written
	at      position // of the last write
	values  []byte   // room for those of a write
	dropped dropped
	stopped chan struct{} // closed when the committer has stopped

	lock      *os.File
	closeOnce sync.Once
}

var (
	_ nonce.Store   = (*Store)(nil)
	_ nonce.Peeker  = (*Store)(nil)
	_ nonce.Readier = (*Store)(nil)
)

// bounds are what the record takes from the window, each read by itself.
type bounds interface {
	Offset() int64
	Floor() int64
}

// failure is why the store has stopped answering.
type failure struct{ err error }

func (f *failure) Error() string {
	return fmt.Sprintf("nonce store has stopped after a failed write: %s: see to the disk and restart", f.err)
}

func (f *failure) Unwrap() error { return f.err }

// Claim implements [nonce.Store]. It waits for the write, but no longer than 5 s, nor, once that has
// taken a tenth of a second, than until ctx is done; the claim may be recorded even so. After a failed
// write or sync every claim gets an error until the store has been opened again, which it then does as
// if the machine had been restarted.
func (s *Store) Claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f := s.failure.Load(); f != nil {
		return f
	}
	if s.queue.stalled.Load() {
		return errStalled
	}
	if s.disk.low.Load() {
		if err := s.disk.check(); err != nil {
			return err
		}
	}
	claim := pending{id: id, signed: window.Nanos(signed), expires: window.Nanos(expires)}
	now := s.window.Look()
	line := s.window.DropLine()
	verdict := s.window.Claim(now, id, claim.signed, claim.expires)
	if s.mayMakeRoom(verdict.Kind, now) {
		b, err := s.queue.makeRoom()
		if err == nil {
			err = b.wait(ctx)
		}
		if err != nil {
			return err
		}
	}
	// The line may also have been moved by another caller.
	if verdict.NoRoom() && s.window.DropLine() != line {
		verdict = s.window.Claim(now, id, claim.signed, claim.expires)
	}
	if verdict.Kind != window.Won {
		return verdictError(verdict)
	}
	b, err := s.queue.add(claim)
	if err == nil {
		err = b.wait(ctx)
	}
	if err != nil {
		return err
	}
	return verdictError(s.window.Admit(b.judged, claim.signed, claim.expires))
}

// mayMakeRoom tells whether a drop may make room for a claim that found none: a full store drops to
// the second, a key that holds its share waits until the next bucket is due anyway, so that it
// cannot cost more than that.
func (s *Store) mayMakeRoom(kind window.Kind, now int64) bool {
	since := now - s.window.DropLine()
	return kind == window.Full && since >= int64(time.Second) ||
		kind == window.OverShare && since >= int64(bucketWidth)
}

// Peek implements [nonce.Peeker]; it costs no write.
func (s *Store) Peek(_ context.Context, id nonce.ID) error {
	if s.window.Live(s.window.Look(), id) {
		return nonce.ErrReplayed
	}
	return nil
}

// Ready implements [nonce.Readier].
func (s *Store) Ready(context.Context) error {
	if s.queue.isClosed() {
		return nonce.ErrClosed
	}
	if f := s.failure.Load(); f != nil {
		return f
	}
	if s.queue.stalled.Load() {
		return errStalled
	}
	if err := s.disk.check(); err != nil {
		return err
	}
	now := s.window.Look()
	if floor := s.window.Floor(); now <= floor {
		return fmt.Errorf("nonce store accepts requests signed after %s: wait until then (%w)",
			window.Time(floor).Format(time.RFC3339), nonce.ErrTooOld)
	}
	if s.window.IsFull() && now-s.window.DropLine() < int64(bucketWidth) {
		return nonce.ErrFull
	}
	return nil
}

// Close implements [nonce.Store]. It stops the store's goroutine and waits for it, and for Badger to
// write what is left, but no longer than 15 s. After that it returns an error; the directory stays
// locked until the writes end, or the process. What was answered is in the log, as after a crash. So it
// is on a disk that is low: then Close returns an error at once, and Badger keeps its lock.
func (s *Store) Close() (err error) {
	s.closeOnce.Do(func() {
		s.queue.close()
		shut, expired := make(chan error, 1), make(chan struct{})
		go func() {
			<-s.stopped
			shut <- s.shut()
		}()
		stop := s.queue.after(maxClose, func() { close(expired) })
		select {
		case err = <-shut:
			stop()
		case <-expired:
			err = fmt.Errorf("nonce store at %s could not be closed within %s, since something is left that cannot be written: see to the disk; no claim that was answered is lost", s.path, maxClose)
		}
	})
	return err
}

// shut closes the files; the committer has stopped.
func (s *Store) shut() error {
	// Badger makes a table of its log when it closes, through a memory map: on a full disk that takes
	// the process down. What was answered is in the log; the store is left as after a crash.
	err := s.disk.check()
	if err == nil {
		err = s.log.close()
	}
	if err == nil && s.failure.Load() == nil {
		// Badger has written and synced everything: record where it stood.
		next := s.record
		next.clean, next.base = true, s.at
		next.offset = s.bounds.Offset() // before the floor, as in advance
		next.floor = max(next.floor, s.bounds.Floor())
		next.serial++
		err = s.state.write(next)
	}
	return errors.Join(err, s.state.close(), s.acked.close(), s.lock.Close())
}

func verdictError(v window.Verdict) error {
	switch v.Kind {
	case window.Won:
		return nil
	case window.Replayed:
		return nonce.ErrReplayed
	case window.BelowFloor:
		return &nonce.TooOldError{Cause: nonce.BelowFloor, Bound: window.Time(v.Bound)}
	case window.Expired:
		return &nonce.TooOldError{Cause: nonce.Expired, Bound: window.Time(v.Bound)}
	case window.BelowDropLine:
		return &nonce.TooOldError{Cause: nonce.BelowDropLine, Bound: window.Time(v.Bound)}
	case window.Full:
		return nonce.ErrFull
	case window.OverShare:
		return nonce.ErrQuota
	}
	return errors.New("badgerstore: claim expires too far ahead to be kept")
}
