package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// Durability says when Claim may answer.
type Durability int

const (
	// DurabilityOS is the default: once the operating system has the claim. It survives kill -9 by
	// itself, and a power loss through ceiling and floor.
	DurabilityOS Durability = iota
	// DurabilityFsync waits until the claim has been fsynced.
	DurabilityFsync
)

// String returns "os" or "fsync", as configuration files spell it.
func (d Durability) String() string {
	if d == DurabilityFsync {
		return "fsync"
	}
	return "os"
}

const (
	// DefaultMinFree is the free disk space below which claims are refused, in bytes.
	DefaultMinFree = 256 << 20
	// minMinFree is what Badger may need at once: a compaction writes its new tables before it
	// deletes the old ones, and running out of space there kills the process.
	minMinFree = 64 << 20

	// step is how far ahead the ceiling is put, and how far ahead of the clock a claim may be
	// signed without being fsynced by itself.
	step = 5 * time.Second
	// bucketWidth is the width of the buckets in which expired claims are dropped.
	bucketWidth = 30 * time.Second
	// idleCheck is how often an idle store looks at its clocks and at its expired buckets.
	idleCheck = 5 * time.Second
	// slowWait is how long a claim waits for its write before it looks at its context, maxWait how
	// long in all.
	slowWait = 100 * time.Millisecond
	maxWait  = 5 * time.Second
	// maxClose is how long Close waits for what is left to be written.
	maxClose = 15 * time.Second
)

// Options sets up a [Store]. The zero value is the safe one.
type Options struct {
	// Initial says what may be assumed when there is no store in the directory yet. Default:
	// nonce.Replacement, which refuses requests for the first 300 s.
	Initial nonce.Initial
	// Durability says when Claim may answer. Default: DurabilityOS.
	Durability Durability
	// Capacity is how many live claims the store holds, at about 40 bytes of memory and 40 bytes
	// of disk each; beyond it Claim answers nonce.ErrFull. Default: nonce.DefaultCapacity.
	Capacity int
	// KeyShare is how many live claims one key may hold; beyond it Claim answers nonce.ErrQuota.
	// Default: a quarter of Capacity, at least 1.
	KeyShare int
	// MinFree is the free disk space in bytes below which Claim answers nonce.ErrDiskLow, at least
	// 64 MiB: on a full disk Badger would take the process down. Default: DefaultMinFree.
	MinFree int64
	// Clock is where time is read. Default: a nonce.SystemClock.
	Clock nonce.Clock
	// Logger gets what an operator should know; Badger's own chatter goes there at level debug.
	// Default: slog.Default().
	Logger *slog.Logger

	hooks hooks
}

// hooks are what tests replace.
type hooks struct {
	bootID func() string
	free   func(path string) (int64, error)
	log    func(claimLog) claimLog
	state  func(stateFile) stateFile
	bounds func(bounds) bounds
	after  afterFunc
	// syncDirectory makes the names of Badger's logs durable.
	syncDirectory func(path string) error
	// memTable is Badger's memtable size in bytes; a small one makes it write and compact tables
	// within a short test.
	memTable int64
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Initial != nonce.Replacement && o.Initial != nonce.New:
		return o, fmt.Errorf("badgerstore: Initial is %d: set nonce.Replacement or nonce.New", o.Initial)
	case o.Durability != DurabilityOS && o.Durability != DurabilityFsync:
		return o, fmt.Errorf("badgerstore: Durability is %d: set DurabilityOS or DurabilityFsync", o.Durability)
	case o.Capacity < 0:
		return o, fmt.Errorf("badgerstore: Capacity is %d: set a positive number of claims, or 0 for %d", o.Capacity, nonce.DefaultCapacity)
	case o.MinFree != 0 && o.MinFree < minMinFree:
		return o, fmt.Errorf("badgerstore: MinFree is %d bytes: set at least %d, or 0 for %d", o.MinFree, minMinFree, DefaultMinFree)
	}
	if o.Capacity == 0 {
		o.Capacity = nonce.DefaultCapacity
	}
	if o.KeyShare < 0 || o.KeyShare > o.Capacity {
		return o, fmt.Errorf("badgerstore: KeyShare is %d: set 1 to %d (Capacity), or 0 for a quarter of it", o.KeyShare, o.Capacity)
	}
	if o.KeyShare == 0 {
		o.KeyShare = max(1, o.Capacity/4)
	}
	if o.MinFree == 0 {
		o.MinFree = DefaultMinFree
	}
	if o.Clock == nil {
		o.Clock = new(nonce.SystemClock)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.hooks.bootID == nil {
		o.hooks.bootID = bootID
	}
	if o.hooks.memTable == 0 {
		o.hooks.memTable = memTableSize
	}
	if o.hooks.after == nil {
		o.hooks.after = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	if o.hooks.syncDirectory == nil {
		o.hooks.syncDirectory = syncDirectory
	}
	if o.hooks.free == nil {
		o.hooks.free = freeSpace
	}
	return o, nil
}

// What Open, ReadInfo and RaiseFloor answer beside the errors of the file system, each with the fix.
var (
	// ErrInUse: another process, or another Store of this one, has the directory open.
	ErrInUse = errors.New("nonce store is in use")
	// ErrCorrupt: claims that had been accepted are missing or unreadable.
	ErrCorrupt = errors.New("nonce store is damaged")
	// ErrVersion: the store was written in a format that this version does not know.
	ErrVersion = errors.New("nonce store has an unknown format version")
	// ErrNoStore: there is no store at the path.
	ErrNoStore = errors.New("no nonce store found")
)
