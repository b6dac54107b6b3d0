package badgerstore

import (
	"encoding/binary"
	"fmt"
)

// record is what makes a directory a store. Times are nanoseconds since 1970, 0 for none.
type record struct {
	// serial counts the writes of the record: of two valid slots the higher one counts.
	serial uint64
	// bootID is that of the boot under which the store was last open, or "" if the next open must
	// not trust that nothing was lost.
	bootID string
	// clean: the store was closed and everything is on disk.
	clean      bool
	durability Durability

	floor    int64 // what was signed at or before it is refused; only rises
	ceiling  int64 // bounds what was signed of all claims accepted without an fsync of their own
	dropLine int64 // what expires at or before it is refused and dropped; only rises
	// offset is the wall clock minus the boot-time clock: if it has grown by a jump when the store
	// opens again under the same boot, the machine was restored from a snapshot.
	offset int64

	// base is where the store stood when this record's boot began or it was closed: what was
	// written since must be there without a gap.
	base position
}

const (
	formatVersion = 1

	recordMagic   = "countersign nonce store\n"
	bootIDLength  = 36
	recordSize    = len(recordMagic) + 4 + 8 + bootIDLength + 4 + 4*8 + 2*8 + 4
	recordSpacing = 4096 // each slot lies in a page of its own, so that a torn write spares the other
)

// Flags in a record.
const (
	flagClean = 1 << iota
	flagFsync
	flagsKnown = flagClean | flagFsync
)

// append appends the record in its stored form to dst.
func (r *record) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, recordMagic...)
	dst = binary.BigEndian.AppendUint32(dst, formatVersion)
	dst = binary.BigEndian.AppendUint64(dst, r.serial)
	var id [bootIDLength]byte
	copy(id[:], r.bootID)
	dst = append(dst, id[:]...)
	flags := uint32(0)
	if r.clean {
		flags |= flagClean
	}
	if r.durability == DurabilityFsync {
		flags |= flagFsync
	}
	dst = binary.BigEndian.AppendUint32(dst, flags)
	for _, n := range [...]uint64{uint64(r.floor), uint64(r.ceiling), uint64(r.dropLine), uint64(r.offset), r.base.sequence, r.base.entries} {
		dst = binary.BigEndian.AppendUint64(dst, n)
	}
	return append(dst[:start], seal(dst[start:])...)
}

// parseRecord reads one slot. An unknown version is told apart from damage, so that a newer store
// is never taken for a broken one; there is no version 0, which is a write that was cut off.
func parseRecord(slot []byte) (record, error) {
	if len(slot) != recordSize || string(slot[:len(recordMagic)]) != recordMagic {
		return record{}, ErrCorrupt
	}
	switch version := binary.BigEndian.Uint32(slot[len(recordMagic):]); version {
	case formatVersion:
	case 0:
		return record{}, ErrCorrupt
	default:
		return record{}, fmt.Errorf("%w: it is %d, and this program knows %d: run the countersign that wrote it, or a newer one", ErrVersion, version, formatVersion)
	}
	body, ok := unseal(slot, recordMagic)
	if !ok {
		return record{}, ErrCorrupt
	}
	body = body[4:]
	r := record{serial: binary.BigEndian.Uint64(body)}
	id := body[8 : 8+bootIDLength]
	if id[0] != 0 {
		for _, c := range id {
			if c <= ' ' || c > '~' {
				return record{}, ErrCorrupt
			}
		}
		r.bootID = string(id)
	} else if [bootIDLength]byte(id) != [bootIDLength]byte{} {
		return record{}, ErrCorrupt
	}
	body = body[8+bootIDLength:]
	flags := binary.BigEndian.Uint32(body)
	if flags&^flagsKnown != 0 {
		return record{}, ErrCorrupt
	}
	r.clean = flags&flagClean != 0
	if flags&flagFsync != 0 {
		r.durability = DurabilityFsync
	}
	numbers := body[4:]
	next := func() uint64 {
		n := binary.BigEndian.Uint64(numbers)
		numbers = numbers[8:]
		return n
	}
	r.floor, r.ceiling, r.dropLine, r.offset = int64(next()), int64(next()), int64(next()), int64(next())
	r.base.sequence, r.base.entries = next(), next()
	if r.floor < 0 || r.ceiling < 0 || r.dropLine < 0 {
		return record{}, ErrCorrupt
	}
	return r, nil
}

// parseRecordFile returns the newer of the two slots. One damaged slot is a write that was cut off,
// before anything relied on it.
func parseRecordFile(file []byte) (record, error) {
	if len(file) != recordSpacing+recordSize {
		return record{}, ErrCorrupt
	}
	first, errFirst := parseRecord(file[:recordSize])
	second, errSecond := parseRecord(file[recordSpacing:])
	for _, err := range [...]error{errFirst, errSecond} {
		if err != nil && err != ErrCorrupt {
			return record{}, err
		}
	}
	switch {
	case errFirst != nil && errSecond != nil:
		return record{}, ErrCorrupt
	case errFirst != nil:
		return second, nil
	case errSecond != nil || first.serial > second.serial:
		return first, nil
	}
	return second, nil
}
