package nonce

import (
	"errors"
	"fmt"
	"time"
)

// The answers of [Store.Claim] that callers branch on, with errors.Is.
var (
	// ErrReplayed: the id has been claimed before.
	ErrReplayed = errors.New("nonce already used")
	// ErrTooOld: the store no longer knows, or never knew, whether the id was used. It comes
	// wrapped in a *TooOldError.
	ErrTooOld = errors.New("outside the time the nonce store can vouch for")
	// ErrFull: the store holds as many live claims as it may; it never evicts.
	ErrFull = errors.New("nonce store is full")
	// ErrQuota: one key holds as many live claims as it may.
	ErrQuota = errors.New("key holds its full share of live nonces")
	// ErrDiskLow: too little free disk space to write safely.
	ErrDiskLow = errors.New("too little free disk space for the nonce store")
	// ErrClosed: the store has been closed.
	ErrClosed = errors.New("nonce store is closed")
)

// Cause says which bound a claim fell below.
type Cause string

const (
	// BelowFloor: signed at or before the floor on signed time.
	BelowFloor Cause = "floor"
	// Expired: expires at or before now.
	Expired Cause = "expired"
	// BelowDropLine: expires at or before the drop line, which only happens when the clock has
	// stepped back.
	BelowDropLine Cause = "drop_line"
)

// TooOldError is a refusal for time. It wraps [ErrTooOld].
type TooOldError struct {
	Cause Cause
	// Bound is the floor, now, or the drop line: with BelowFloor a claim must be signed after it,
	// with the other causes it must expire after it.
	Bound time.Time
}

func (e *TooOldError) Error() string {
	return fmt.Sprintf("%s (%s at %s)", ErrTooOld, e.Cause, e.Bound.UTC().Format(time.RFC3339))
}

func (e *TooOldError) Unwrap() error { return ErrTooOld }
