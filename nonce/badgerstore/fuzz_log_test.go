package badgerstore

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strconv"
	"testing"
)

func FuzzParseClaimKey(f *testing.F) {
	f.Add(claimKey(10, 1, 0))
	f.Add([]byte("d"))
	f.Fuzz(func(t *testing.T, key []byte) {
		bucketEnd, sequence, err := parseClaimKey(key)
		if err != nil {
			if bucketEnd != 0 || sequence != 0 {
				t.Fatalf("returned %d and %d beside %v", bucketEnd, sequence, err)
			}
			return
		}
		if again := claimKey(bucketEnd, sequence, int(key[claimKeySize-1])); !bytes.Equal(key, again) {
			t.Fatalf("%x became %x", key, again)
		}
	})
}

func FuzzUnpackDeletion(f *testing.F) {
	f.Add(packDeletion(position{7, 3}))
	f.Add(make([]byte, 16))
	f.Fuzz(func(t *testing.T, value []byte) {
		at, err := unpackDeletion(value)
		if err != nil {
			if at != (position{}) {
				t.Fatalf("returned %v beside %v", at, err)
			}
			return
		}
		if again := packDeletion(at); !bytes.Equal(value, again) {
			t.Fatalf("%x became %x", value, again)
		}
	})
}

// FuzzParseSealedSlots gives both files of two slots any contents under a right checksum, which a
// fuzzer would hardly find: what is read stands in one of the slots, and is written back the same.
func FuzzParseSealedSlots(f *testing.F) {
	r := record{serial: 1, bootID: "8b8c9273-b60e-4e8a-8bfa-c8721033f300", clean: true, floor: 5, ceiling: 6, dropLine: 7, offset: -8, base: position{9, 10}}
	a := acked{position: position{1, 2}, claims: 3, failed: true}
	f.Add(r.append(nil)[len(recordMagic):], a.append(nil)[len(ackedMagic):], []byte{}, []byte{})
	f.Add([]byte{}, []byte{}, r.append(nil)[len(recordMagic):], a.append(nil)[len(ackedMagic):])
	f.Fuzz(func(t *testing.T, record1, acked1, record2, acked2 []byte) {
		slot := func(magic string, body []byte, size int) []byte {
			body = append(body, make([]byte, size)...)[:size-len(magic)-crc32.Size]
			return seal(append([]byte(magic), body...))
		}
		first, second := slot(recordMagic, record1, recordSize), slot(recordMagic, record2, recordSize)
		file := append(append(bytes.Clone(first), make([]byte, recordSpacing-recordSize)...), second...)
		if r, err := parseRecordFile(file); err == nil {
			if text := r.append(nil); !bytes.Equal(text, first) && !bytes.Equal(text, second) {
				t.Fatalf("%+v is in neither slot", r)
			}
			for _, other := range [][]byte{first, second} {
				if o, err := parseRecord(other); err == nil && o.serial > r.serial {
					t.Fatalf("serial %d was chosen over %d", r.serial, o.serial)
				}
			}
		} else if r != (record{}) {
			t.Fatalf("returned %+v beside %v", r, err)
		}
		first, second = slot(ackedMagic, acked1, ackedSize), slot(ackedMagic, acked2, ackedSize)
		file = append(append(bytes.Clone(first), make([]byte, ackedSpacing-ackedSize)...), second...)
		a, ok := parseAckedFile(file)
		for _, slot := range [][]byte{first, second} {
			other, okOther := parseAcked(slot)
			if okOther && !bytes.Equal(other.append(nil), slot) {
				t.Fatalf("%x became %x", slot, other.append(nil))
			}
			if okOther && (!ok || other.sequence > a.sequence || other.failed && !a.failed) {
				t.Fatalf("%+v was chosen over %+v", a, other)
			}
		}
		if !ok && a != (acked{}) {
			t.Fatalf("returned %+v beside false", a)
		}
	})
}

// FuzzScanLog writes a log as Badger does, of transactions that the fuzzer describes, and cuts or
// damages it: what is read is what was written up to there, and whole transactions only.
func FuzzScanLog(f *testing.F) {
	for at := uint16(0); at < 600; at += 41 {
		f.Add([]byte{0, 1, 2, 0x83, 0, 0x41, 1}, at, byte(0))
		f.Add([]byte{3, 0x84, 0xc2, 1}, at, byte(1))
	}
	f.Fuzz(func(t *testing.T, program []byte, at uint16, flip byte) {
		if len(program) > 200 {
			return
		}
		type written struct {
			key, value []byte
			end        int // of the transaction in the log
		}
		log := make([]byte, walHeaderSize)
		entry := func(meta byte, key, value []byte, version uint64) {
			start := len(log)
			log = append(log, meta, 0)
			key = binary.BigEndian.AppendUint64(bytes.Clone(key), ^version)
			for _, n := range []int{len(key), len(value), 0} {
				log = binary.AppendUvarint(log, uint64(n))
			}
			log = append(append(log, key...), value...)
			log = binary.BigEndian.AppendUint32(log, crc32.Checksum(log[start:], castagnoli))
		}
		var all []written
		for i, op := range program {
			version := uint64(i + 1)
			key, value := claimKey(uint64(op), version, i%256), bytes.Repeat([]byte{op}, int(op)%40)
			if op < 0x80 { // an entry by itself
				entry(op&walDeleted, key, value, version)
				all = append(all, written{key, value, len(log)})
				continue
			}
			var inside []written // a transaction
			for part := range int(op)%4 + 1 {
				key := claimKey(uint64(op), version, part)
				entry(walInTxn|op&walDeleted, key, value, version)
				inside = append(inside, written{key: key, value: value})
			}
			entry(walEndOfTxn, []byte("!badger!txn"), strconv.AppendUint(nil, version, 10), version)
			for i := range inside {
				inside[i].end = len(log)
			}
			all = append(all, inside...)
		}
		whole := len(log)
		place := walHeaderSize + int(at)%(whole-walHeaderSize+1)
		if flip == 0 || place == whole {
			log = log[:place]
		} else {
			log[place] ^= flip
		}
		expected := slices.DeleteFunc(all, func(w written) bool { return w.end > place })
		var read []written
		scanWAL(log, func(e walEntry) { read = append(read, written{key: e.key, value: e.value}) })
		if !slices.EqualFunc(expected, read, func(a, b written) bool { return bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value) }) {
			t.Fatalf("%d entries were whole, %d are read, of a log of %d bytes damaged at %d", len(expected), len(read), whole, place)
		}
	})
}
