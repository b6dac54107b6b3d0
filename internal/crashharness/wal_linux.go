package main

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/countersign-dev/countersign/nonce"
)

// The logs of Badger's memtables (memtable.go and value.go of Badger 4.9): a header of 20 bytes, then
// entries until one that is zero or does not match its checksum.
//
//	entry  meta (1) ‖ user meta (1) ‖ key length, value length, expiry (uvarints) ‖ key ‖ value ‖
//	       CRC-32C of all this (4, big endian)
//
// The entries of a transaction follow each other, marked, and a last one ends it.
const (
	walHeader   = 20
	walInTxn    = 1 << 6
	walEndOfTxn = 1 << 7
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// transaction is what one write of the store has put into a log, from a place to another.
type transaction struct {
	from, to int
	text     []byte
}

// transactions returns those that are whole, in order.
func transactions(log []byte) (all []transaction) {
	if len(log) < walHeader {
		return nil
	}
	from := walHeader
	for at := walHeader; ; {
		meta, size := walEntry(log[at:])
		if size == 0 {
			return all
		}
		at += size
		if meta&walInTxn == 0 || meta&walEndOfTxn != 0 {
			all = append(all, transaction{from, at, log[from:at]})
			from = at
		}
	}
}

// walEntry returns the marks and the size of the entry that log begins with; 0 where there is none.
func walEntry(log []byte) (meta byte, size int) {
	if len(log) < 2 {
		return 0, 0
	}
	at := 2
	var numbers [3]uint64
	for i := range numbers {
		number, length := binary.Uvarint(log[at:])
		if length <= 0 {
			return 0, 0
		}
		numbers[i] = number
		at += length
	}
	left := uint64(len(log) - at)
	if numbers[0] == 0 || numbers[0] > left || numbers[1] > left || numbers[0]+numbers[1]+crc32.Size > left {
		return 0, 0
	}
	end := at + int(numbers[0]+numbers[1])
	if crc32.Checksum(log[:end], castagnoli) != binary.BigEndian.Uint32(log[end:]) {
		return 0, 0
	}
	return log[0], end + crc32.Size
}

// idTail is the part of an id that is a claim's own: the store keeps it as it is.
type idTail [16]byte

func tailOf(id nonce.ID) idTail { return idTail(id[8:]) }

// holds reports whether a transaction holds any of the claims.
func (t *transaction) holds(claims map[idTail]bool) bool {
	for at := 0; at+len(idTail{}) <= len(t.text); at++ {
		if claims[idTail(t.text[at:])] {
			return true
		}
	}
	return false
}

// walPaths returns the logs of a store, oldest first: Badger numbers them with five digits.
func walPaths(store string) ([]string, error) {
	return filepath.Glob(filepath.Join(store, "claims", "*.mem"))
}

// readLogs returns the logs of a store by name.
func readLogs(store string) (map[string][]byte, error) {
	paths, err := walPaths(store)
	if err != nil {
		return nil, err
	}
	logs := make(map[string][]byte, len(paths))
	for _, path := range paths {
		if logs[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return logs, nil
}
