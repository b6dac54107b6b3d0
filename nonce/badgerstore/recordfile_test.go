package badgerstore

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTornWriteLeavesTheRecordBefore tears each of the first writes of a record, wherever it can be
// cut off: the record before it must still be there, and it is the one that counts.
func TestTornWriteLeavesTheRecordBefore(t *testing.T) {
	path := t.TempDir()
	name := filepath.Join(path, recordName)
	last := record{serial: 1, floor: 1}
	if err := createRecord(path, last); err != nil {
		t.Fatal(err)
	}
	file, err := openRecordFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.close()
	for range 3 {
		before, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		next := last
		next.serial++
		next.floor++
		if err := file.write(next); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readRecord(path); err != nil || got != next {
			t.Fatalf("write %d: read %+v, %v; want %+v", next.serial, got, err, next)
		}
		torn := bytes.Clone(before)
		for i := range after {
			if torn[i] == after[i] {
				continue
			}
			if got, err := parseRecordFile(torn); err != nil || got != last {
				t.Fatalf("write %d cut off at byte %d: read %+v, %v; want %+v", next.serial, i, got, err, last)
			}
			torn[i] = after[i]
		}
		last = next
	}
}
