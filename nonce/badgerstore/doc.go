// Package badgerstore is the embedded [nonce.Store]: an exact in-memory index of the live claims
// decides who was first, and a Badger database keeps them over a crash. [Open] is the function that
// most programs need.
//
// # What is where
//
// A store is a directory:
//
//	lock     held (flock) while a process has the store open
//	state    the record that makes a directory a store: format version, boot id, floor, ceiling, drop
//	         line; two slots written in turn, each change fsynced
//	acked    how far claims have been answered; never fsynced, it only has to outlive the process
//	claims/  the Badger database: one entry for each batch of claims, keyed by the bucket of its last
//	         expiry
//
// The record lives beside Badger and not in it, so that no damage to the log can take it back to an
// older floor or ceiling, and so that [ReadInfo] and [RaiseFloor] need not open (and thereby
// change) the database.
//
// # How a claim is kept
//
// Concurrent claims are gathered by one goroutine and written as one Badger entry. With
// [DurabilityOS] Claim returns when the batch is in Badger's memory-mapped log: the page cache keeps
// it if the process is killed. What a power loss may take lies at or below the ceiling, an upper
// bound on the signed times that is fsynced ahead in 5-second steps, and a store that opens under
// another boot id refuses everything signed at or before it. A claim signed more than 5 s ahead of
// the clock would drag the ceiling along; it is fsynced by itself instead. With [DurabilityFsync]
// every batch is.
//
// Same boot id means that nothing was lost, and the store verifies that before Badger may touch its
// files: every write carries a sequence number and the number of entries that remain after it, and
// Badger would otherwise cut its log off at the first damaged entry without a word. If something is
// missing, Open returns an error wrapping [ErrCorrupt].
//
// After a power loss there is no such check: nothing durable tells a write that was fsynced from one
// that was not and may be gone, since the record is not written with each fsync. There the disk is
// trusted. One that loses what it has confirmed can cost claims signed after the floor, by clients
// whose clocks were ahead of the time at which the store opened again: on such a disk, use
// [RaiseFloor] after each power loss.
//
// # How space comes back
//
// A bucket is deleted entry by entry (there are few: one for each batch) after its end has been
// recorded as the drop line. Badger's TTL is not used: it hides an entry by the wall clock of the
// moment, and a clock that stepped forward and back would have lost claims. DropPrefix is not used:
// it stops all writes while it rewrites tables. Values stay in the LSM tree, below Badger's value
// threshold, so that compaction alone frees the space and a claim is in one log, not two.
package badgerstore
