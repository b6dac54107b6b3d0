package badgerstore

import (
	"bytes"
	"testing"

	"github.com/countersign-dev/countersign/nonce"
)

func FuzzUnpackClaims(f *testing.F) {
	value, _ := appendClaims(nil, []pending{{nonce.ID{1}, 1e9, 2e9}, {nonce.ID{2}, 3e9, 4e9}}, position{7, 3})
	f.Add(value)
	f.Add(value[:len(value)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		var claims []pending
		at, err := unpackClaims(value, func(c pending) { claims = append(claims, c) })
		if err != nil {
			if len(claims) > 0 || at != (position{}) {
				t.Fatalf("returned %d claims and %v beside %v", len(claims), at, err)
			}
			return
		}
		if again, _ := appendClaims(nil, claims, at); !bytes.Equal(again, value) {
			t.Fatalf("%x became %x", value, again)
		}
	})
}

func FuzzParseRecordFile(f *testing.F) {
	file := make([]byte, recordSpacing+recordSize)
	r := record{serial: 1, bootID: "8b8c9273-b60e-4e8a-8bfa-c8721033f300", clean: true, floor: 5, ceiling: 6, dropLine: 7, offset: -8, base: position{9, 10}}
	copy(file[recordSpacing:], r.append(nil))
	f.Add(file)
	r.serial++
	copy(file, r.append(nil))
	f.Add(bytes.Clone(file))
	f.Add([]byte(recordMagic))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := parseRecordFile(file)
		if err != nil {
			if r != (record{}) {
				t.Fatalf("returned %+v beside %v", r, err)
			}
			return
		}
		text := r.append(nil)
		if !bytes.Equal(file[:recordSize], text) && !bytes.Equal(file[recordSpacing:], text) {
			t.Fatalf("%+v is in neither slot", r)
		}
	})
}

func FuzzParseAckedFile(f *testing.F) {
	file := make([]byte, ackedSpacing+ackedSize)
	a := acked{position: position{1, 2}, claims: 3, failed: true}
	copy(file, a.append(nil))
	f.Add(file)
	f.Fuzz(func(t *testing.T, file []byte) {
		if a, ok := parseAckedFile(file); !ok && a != (acked{}) {
			t.Fatalf("returned %+v beside false", a)
		}
	})
}

func FuzzScanWAL(f *testing.F) {
	f.Add(make([]byte, 100))
	f.Add(append(make([]byte, walHeaderSize), walInTxn, 0, 9, 1, 0, 'c'))
	f.Fuzz(func(t *testing.T, log []byte) {
		scanWAL(log, func(e walEntry) {
			if e.at < walHeaderSize || e.at >= len(log) {
				t.Fatalf("entry at %d of %d", e.at, len(log))
			}
			positionOf(e.key, e.value, false)
		})
	})
}
