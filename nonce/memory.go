package nonce

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/countersign-dev/countersign/nonce/internal/window"
)

const (
	// DefaultCapacity is how many live claims a store holds unless told otherwise, at about 40
	// bytes of memory each: enough for 26,000 requests a second that stay acceptable for 300 s.
	DefaultCapacity = 8_000_000

	// memoryBucket is the width of the buckets in which expired claims are dropped.
	memoryBucket = 10 * time.Second
)

// MemoryOptions sets up a [Memory]. The zero value is the safe one: a store that refuses requests
// for its first 300 s (see Initial).
type MemoryOptions struct {
	// Initial says what may be assumed at the start, when the store is always empty. Default:
	// Replacement.
	Initial Initial
	// Capacity is how many live claims the store holds, at about 40 bytes each; beyond it Claim
	// answers ErrFull. Default: DefaultCapacity.
	Capacity int
	// KeyShare is how many live claims one key may hold; beyond it Claim answers ErrQuota.
	// Default: a quarter of Capacity, at least 1.
	KeyShare int
	// Clock is where time is read. Default: a SystemClock.
	Clock Clock
}

// Memory is a [Store] for a single process that forgets everything when it ends: for tests, and
// for verifiers that can afford to refuse requests for 300 s after every start.
type Memory struct {
	window *window.Window

	mu     sync.RWMutex // Claim holds it for reading, so that Close waits for claims under way
	closed bool         // guarded by mu
}

var (
	_ Store   = (*Memory)(nil)
	_ Peeker  = (*Memory)(nil)
	_ Readier = (*Memory)(nil)
)

// NewMemory returns an empty in-memory store, or an error that names the option to change.
func NewMemory(options MemoryOptions) (*Memory, error) {
	if options.Initial != Replacement && options.Initial != New {
		return nil, fmt.Errorf("nonce: Initial is %d: set nonce.Replacement or nonce.New", options.Initial)
	}
	if options.Capacity < 0 {
		return nil, fmt.Errorf("nonce: Capacity is %d: set a positive number of claims, or 0 for %d", options.Capacity, DefaultCapacity)
	}
	if options.Capacity == 0 {
		options.Capacity = DefaultCapacity
	}
	if options.KeyShare < 0 || options.KeyShare > options.Capacity {
		return nil, fmt.Errorf("nonce: KeyShare is %d: set 1 to %d (Capacity), or 0 for a quarter of it", options.KeyShare, options.Capacity)
	}
	if options.KeyShare == 0 {
		options.KeyShare = max(1, options.Capacity/4)
	}
	if options.Clock == nil {
		options.Clock = new(SystemClock)
	}
	m := &Memory{window: window.New(window.Config{
		Capacity: options.Capacity,
		KeyShare: options.KeyShare,
		Clock:    options.Clock,
		Jump:     ClockJump,
		Hold:     ReplacementHold,
	})}
	if options.Initial == Replacement {
		now := m.window.Look()
		m.window.RaiseFloor(now + int64(ReplacementHold))
	}
	return m, nil
}

// Claim implements [Store].
func (m *Memory) Claim(ctx context.Context, id ID, signed, expires time.Time) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	now := m.window.Look()
	if now-m.window.DropLine() >= int64(memoryBucket) {
		m.window.Drop(now - now%int64(memoryBucket))
	}
	from, until := window.Nanos(signed), window.Nanos(expires)
	line := m.window.DropLine()
	verdict := m.window.Claim(now, id, from, until)
	if verdict.NoRoom() {
		m.window.Drop(now - now%int64(time.Second))
	}
	// The line may also have been moved by another caller.
	if verdict.NoRoom() && m.window.DropLine() != line {
		verdict = m.window.Claim(now, id, from, until)
	}
	if verdict.Kind == window.Won {
		// It may have had to wait for others.
		verdict = m.window.Admit(m.window.Look(), from, until)
	}
	return verdictError(verdict)
}

// Peek implements [Peeker].
func (m *Memory) Peek(_ context.Context, id ID) error {
	now := m.window.Look()
	if m.window.Live(now, id) {
		return ErrReplayed
	}
	return nil
}

// Ready implements [Readier].
func (m *Memory) Ready(context.Context) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return ErrClosed
	}
	now := m.window.Look()
	if floor := m.window.Floor(); now <= floor {
		return fmt.Errorf("in-memory nonce store accepts requests signed after %s: wait, or start it with Initial: New if no verifier has run with these keys in the last minutes (%w)",
			window.Time(floor).Format(time.RFC3339), ErrTooOld)
	}
	if m.window.IsFull() && now-m.window.DropLine() < int64(memoryBucket) {
		return ErrFull
	}
	return nil
}

// Close implements [Store].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func verdictError(v window.Verdict) error {
	switch v.Kind {
	case window.Won:
		return nil
	case window.Replayed:
		return ErrReplayed
	case window.BelowFloor:
		return &TooOldError{Cause: BelowFloor, Bound: window.Time(v.Bound)}
	case window.Expired:
		return &TooOldError{Cause: Expired, Bound: window.Time(v.Bound)}
	case window.BelowDropLine:
		return &TooOldError{Cause: BelowDropLine, Bound: window.Time(v.Bound)}
	case window.Full:
		return ErrFull
	case window.OverShare:
		return ErrQuota
	}
	return fmt.Errorf("nonce: claim expires too far ahead to be kept")
}
