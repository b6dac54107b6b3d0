package badgerstore

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// A Badger entry holds a batch of claims, or a part of one (see lifeOf).
//
//	key    'c' ‖ bucket end, seconds since 1970 (8) ‖ sequence number of the write (8) ‖ part (1)
//	value  format 1 (1) ‖ 0 (3) ‖ number of claims (4) ‖ sequence number (8) ‖
//	       entries in the database after the write (8) ‖ claims
//	claim  id (24) ‖ signed (4) ‖ expires (4), both in seconds since 1970, rounded up
//
// Every write that deletes entries puts one more, which replaces the last one of its kind:
//
//	key    'd'
//	value  sequence number of the write (8) ‖ entries in the database after the write (8)
//
// Numbers are big endian. The sequence numbers are without gaps, and every write carries one, so
// that missing writes are noticed; see verify.go.
const (
	claimPrefix  = 'c'
	claimKeySize = 1 + 8 + 8 + 1
	deletionKey  = "d"

	packFormat     = 1
	packHeaderSize = 24
	packedSize     = 32

	// maxPacked keeps a value below Badger's value threshold and its transaction limit.
	maxPacked = 16_384
)

// pending is a claim on its way into the log; times are nanoseconds since 1970.
type pending struct {
	id              nonce.ID
	signed, expires int64
}

// position is what every write says about the database.
type position struct {
	sequence uint64 // of the write
	entries  uint64 // in the database after it
}

var errPacked = errors.New("not a batch of claims")

func claimKey(bucketEnd, sequence uint64, part int) []byte {
	key := make([]byte, 0, claimKeySize)
	key = append(key, claimPrefix)
	key = binary.BigEndian.AppendUint64(key, bucketEnd)
	key = binary.BigEndian.AppendUint64(key, sequence)
	return append(key, byte(part))
}

// parseClaimKey returns the bucket end in seconds and the sequence number.
func parseClaimKey(key []byte) (bucketEnd, sequence uint64, err error) {
	if len(key) != claimKeySize || key[0] != claimPrefix {
		return 0, 0, errPacked
	}
	return binary.BigEndian.Uint64(key[1:]), binary.BigEndian.Uint64(key[9:]), nil
}

// appendClaims appends the value for claims to dst, and returns the bucket end in seconds as well:
// their last expiry, rounded up to a whole bucket.
func appendClaims(dst []byte, claims []pending, at position) (value []byte, bucketEnd uint64) {
	dst = append(dst, packFormat, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(claims)))
	dst = binary.BigEndian.AppendUint64(dst, at.sequence)
	dst = binary.BigEndian.AppendUint64(dst, at.entries)
	last := uint32(0)
	for i := range claims {
		c := &claims[i]
		expires := wholeSeconds(c.expires)
		dst = append(dst, c.id[:]...)
		dst = binary.BigEndian.AppendUint32(dst, wholeSeconds(c.signed))
		dst = binary.BigEndian.AppendUint32(dst, expires)
		last = max(last, expires)
	}
	const width = uint64(bucketWidth / time.Second)
	return dst, (uint64(last) + width - 1) / width * width
}

// unpackClaims reads a value back and calls each for every claim, times in nanoseconds, only if the
// whole value is well-formed.
func unpackClaims(value []byte, each func(pending)) (position, error) {
	if len(value) < packHeaderSize || value[0] != packFormat || value[1]|value[2]|value[3] != 0 {
		return position{}, errPacked
	}
	count := uint64(binary.BigEndian.Uint32(value[4:]))
	if count == 0 || count > maxPacked || uint64(len(value)) != packHeaderSize+count*packedSize {
		return position{}, errPacked
	}
	at := position{sequence: binary.BigEndian.Uint64(value[8:]), entries: binary.BigEndian.Uint64(value[16:])}
	if at.sequence == 0 || at.entries == 0 {
		return position{}, errPacked
	}
	for rest := value[packHeaderSize:]; len(rest) > 0 && each != nil; rest = rest[packedSize:] {
		each(pending{
			id:      nonce.ID(rest[:24]),
			signed:  int64(binary.BigEndian.Uint32(rest[24:])) * int64(time.Second),
			expires: int64(binary.BigEndian.Uint32(rest[28:])) * int64(time.Second),
		})
	}
	return at, nil
}

func packDeletion(at position) []byte {
	value := binary.BigEndian.AppendUint64(make([]byte, 0, 16), at.sequence)
	return binary.BigEndian.AppendUint64(value, at.entries)
}

func unpackDeletion(value []byte) (position, error) {
	if len(value) != 16 {
		return position{}, errPacked
	}
	at := position{sequence: binary.BigEndian.Uint64(value), entries: binary.BigEndian.Uint64(value[8:])}
	if at.sequence == 0 {
		return position{}, errPacked
	}
	return at, nil
}

// wholeSeconds rounds up, so that a claim is kept no shorter than asked for.
func wholeSeconds(nanos int64) uint32 {
	seconds := nanos / int64(time.Second)
	if nanos%int64(time.Second) > 0 {
		seconds++
	}
	return uint32(min(seconds, math.MaxUint32))
}

const (
	// headerLife is how long a claim of a request signed in its headers lives at most: 300 s of
	// skew on either side, and a margin.
	headerLife = 610 * time.Second
	lifeCount  = 64
)

// lifeOf sorts claims by how long they have to live: 0 up to headerLife, then a class for each
// doubling. A batch becomes one entry for each class in it, so that a claim for seven days does not
// keep a batch of short ones on disk for as long, and nothing stays for more than about twice its
// time.
func lifeOf(remaining int64) int {
	return bits.Len64(uint64(max(0, remaining-1)) / uint64(headerLife))
}
