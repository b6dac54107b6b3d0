package badgerstore

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"
)

// Badger's memtable log (memtable.go and value.go of Badger 4.9): a header of 20 bytes, then
// entries until one that is zero or does not match its checksum.
//
//	entry  meta (1) ‖ user meta (1) ‖ key length, value length, expiry (uvarints) ‖ key ‖ value ‖
//	       CRC-32C of all this (4, big endian)
//
// A key ends in 8 bytes of version. The entries of a transaction follow each other, marked, and a
// last one holds the transaction's version in decimal digits; without it they do not count.
const (
	walHeaderSize = 20
	walDeleted    = 1 << 0
	walInTxn      = 1 << 6
	walEndOfTxn   = 1 << 7
	walMaxKey     = 1 << 16
)

type walEntry struct {
	at         int // where it begins in the log
	meta       byte
	key, value []byte
	version    uint64
}

// scanWAL calls each for every entry that Badger would take from the log, in order. Like Badger it
// stops at the first one that is not whole: whoever reads a log that was cut off in the middle of a
// write gets all before it.
func scanWAL(log []byte, each func(walEntry)) {
	if len(log) < walHeaderSize {
		return
	}
	var gathered []walEntry
	for at := walHeaderSize; ; {
		e, size := parseWALEntry(log[at:])
		if size == 0 {
			return
		}
		e.at = at
		at += size
		switch {
		case e.meta&walInTxn != 0:
			if len(gathered) > 0 && gathered[0].version != e.version {
				return
			}
			gathered = append(gathered, e)
		case e.meta&walEndOfTxn != 0:
			version, err := strconv.ParseUint(string(e.value), 10, 64)
			if err != nil || len(gathered) == 0 || gathered[0].version != version {
				return
			}
			for _, g := range gathered {
				each(g)
			}
			gathered = gathered[:0]
		case len(gathered) > 0:
			return
		default:
			each(e)
		}
	}
}

// parseWALEntry returns the entry that log begins with and its size there, or 0.
func parseWALEntry(log []byte) (walEntry, int) {
	if len(log) < 2 {
		return walEntry{}, 0
	}
	at := 2
	var numbers [3]uint64
	for i := range numbers {
		n, size := binary.Uvarint(log[at:])
		if size <= 0 {
			return walEntry{}, 0
		}
		numbers[i] = n
		at += size
	}
	keySize, valueSize := numbers[0], numbers[1]
	left := uint64(len(log) - at)
	if keySize < 8 || keySize > walMaxKey || valueSize > left || keySize+valueSize+crc32.Size > left {
		return walEntry{}, 0
	}
	keyEnd := at + int(keySize)
	end := keyEnd + int(valueSize)
	if crc32.Checksum(log[:end], castagnoli) != binary.BigEndian.Uint32(log[end:]) {
		return walEntry{}, 0
	}
	return walEntry{
		meta:    log[0],
		key:     log[at : keyEnd-8],
		value:   log[keyEnd:end],
		version: ^binary.BigEndian.Uint64(log[keyEnd-8:]),
	}, end + crc32.Size
}
