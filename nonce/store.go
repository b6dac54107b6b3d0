// Package nonce says what a store of used nonces must promise, and holds the in-memory one.
//
// A verifier calls [Store.Claim] once for every request that has passed all other checks. The
// first caller with an [ID] wins; every other one is a replay. Because a claim is only worth
// something while its request could still be accepted, a store forgets claims after their expiry,
// and it forgets by rejecting: whatever it may have lost or dropped lies below a bound under which
// it refuses everything (the floor on signed time and the drop line on expiry). See
// canonical/SPEC.md, "Nonce store".
//
// Most programs need only [NewMemory] (tests, one process) or the badgerstore package.
package nonce

import (
	"context"
	"time"
)

// Store records which signed requests have been used. Implementations are safe for concurrent use.
type Store interface {
	// Claim records id, of a request signed at signed, until expires (the last instant at which
	// the request could be accepted, plus a margin; the caller computes it).
	//
	// Atomicity: it returns nil for exactly one of any number of concurrent or later callers with
	// the same id, and an error wrapping ErrReplayed to the others, until expires has passed; from
	// then on it returns a *TooOldError.
	//
	// Durability: a nil answer survives a crash of the process. What was lost with the machine
	// lies below the floor when the store opens again, so that it is refused, never accepted twice.
	//
	// Errors: ErrReplayed; *TooOldError (wraps ErrTooOld) when signed lies at or before the floor,
	// or expires at or before now or the drop line; ErrFull, ErrQuota, ErrDiskLow when there is no
	// room; ErrClosed; any other error when it could not decide. After any error but ErrReplayed
	// the id may or may not be recorded; the caller must refuse the request.
	Claim(ctx context.Context, id ID, signed, expires time.Time) error

	// Close waits for claims under way, makes everything durable, and releases the store.
	// Claims that come later get ErrClosed. A second Close returns nil.
	Close() error
}

// Peeker is implemented by stores that can tell cheaply whether an id is already claimed.
type Peeker interface {
	// Peek returns an error wrapping ErrReplayed if id is claimed and live, nil if it is not as far
	// as this store knows, and never records anything. A nil answer promises nothing: only Claim
	// decides.
	Peek(ctx context.Context, id ID) error
}

// Readier is implemented by stores that can be open and yet unable to accept claims.
type Readier interface {
	// Ready returns nil if a request signed now would be accepted, or an error that says why not
	// and what to do.
	Ready(ctx context.Context) error
}

// Initial says what an opening store may assume when it finds no store there: an empty directory,
// or, for the in-memory store, every start of the process.
type Initial int

const (
	// Replacement is the zero value: nothing is known about what other verifiers or an earlier
	// store accepted, so the floor is set to now plus [ReplacementHold]; until then every claim
	// gets a *TooOldError and the store is not ready.
	Replacement Initial = iota
	// New declares that no verifier has accepted requests under these keys in the last minutes,
	// so there is nothing to forget and the store serves at once.
	New
)

const (
	// ReplacementHold is how far beyond now the floor is put when nothing is known about what has
	// been accepted: the largest time by which a client's clock may run ahead (SPEC "Time").
	ReplacementHold = 300 * time.Second

	// ClockJump is by how much the wall clock may run ahead of the boot-time clock between two
	// claims before the store takes it for a restored snapshot and raises the floor to the new
	// time plus ReplacementHold.
	ClockJump = 2 * time.Second
)

// Clock is where a store reads time. Both clocks are read on every claim: by a third method,
// Read() (now time.Time, sinceBoot time.Duration), where a clock has one, as [SystemClock] does.
type Clock interface {
	// Now is the wall clock, UTC or local.
	Now() time.Time
	// SinceBoot is the time since the machine booted, suspended time included (CLOCK_BOOTTIME on
	// Linux); only differences are used.
	SinceBoot() time.Duration
}
