package nonce

import (
	"crypto/sha256"
	"encoding/binary"
)

// ID is what a store claims: 8 bytes that name the key, then 16 bytes that name the key's nonce.
// Nonces of different keys never meet, and no secret can be read back from it.
type ID [24]byte

// KeyTag is the part of an [ID] that all claims of one key share; stores bound a key's share of
// live claims by it.
type KeyTag [8]byte

// NewID returns the ID of a key's nonce: the first 8 bytes of SHA-256(keyID), then the first 16
// of SHA-256(len(keyID) as 8 bytes big endian ‖ keyID ‖ nonce).
func NewID(keyID, nonce string) ID {
	var id ID
	var buf [8 + 2*128]byte
	tag := sha256.Sum256(append(buf[:0], keyID...))
	named := binary.BigEndian.AppendUint64(buf[:0], uint64(len(keyID)))
	named = append(named, keyID...)
	named = append(named, nonce...)
	pair := sha256.Sum256(named)
	copy(id[:8], tag[:])
	copy(id[8:], pair[:])
	return id
}

// KeyTag returns the part of id that names its key.
func (id ID) KeyTag() KeyTag { return KeyTag(id[:8]) }
