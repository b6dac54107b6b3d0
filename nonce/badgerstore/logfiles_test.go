package badgerstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSyncCoversTheNamesOfNewLogs: the directory is synced with the first sync in each log, and not
// again until there is another.
func TestSyncCoversTheNamesOfNewLogs(t *testing.T) {
	options, err := Options{Logger: quiet}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	options.hooks.memTable = 1 << 20
	var failure error
	var synced []string // the newest log each time
	options.hooks.syncDirectory = func(path string) error {
		if failure != nil {
			return failure
		}
		logs, err := logNames(path)
		if err == nil {
			synced = append(synced, logs[len(logs)-1])
		}
		return err
	}
	path := t.TempDir()
	log, err := openBadgerLog(path, options)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	written := 0
	write := func() {
		t.Helper()
		key := []byte{byte(written >> 8), byte(written)}
		written++
		if err := log.write([]entry{{key, bytes.Repeat(key, 4096)}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want ...string) {
		t.Helper()
		if !slices.Equal(synced, want) {
			t.Fatalf("the directory was synced with the new logs %q, want %q", synced, want)
		}
	}
	newest := func() string {
		t.Helper()
		logs, err := logNames(log.directory)
		if err != nil {
			t.Fatal(err)
		}
		return logs[len(logs)-1]
	}
	expect()
	first := newest()
	for range 3 {
		write()
		if err := log.sync(); err != nil {
			t.Fatal(err)
		}
		expect(first)
	}
	for newest() == first {
		write()
	}
	second := newest()
	expect(first) // writes alone sync nothing
	failure = errInjected
	for range 2 {
		if err := log.sync(); !errors.Is(err, errInjected) {
			t.Fatalf("sync: %v, want the injected error", err)
		}
	}
	failure = nil
	for range 2 {
		if err := log.sync(); err != nil {
			t.Fatal(err)
		}
		expect(first, second)
	}
}

// TestWriteRefusesWhatWouldGoToTheValueLog: it is not synced.
func TestWriteRefusesWhatWouldGoToTheValueLog(t *testing.T) {
	options, err := Options{Logger: quiet}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	log, err := openBadgerLog(t.TempDir(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	if largest := int64(packHeaderSize + maxPacked*packedSize); largest >= log.valueBound {
		t.Errorf("the largest batch takes %d bytes, the bound is %d", largest, log.valueBound)
	}
	value := make([]byte, log.valueBound)
	if err := log.write([]entry{{[]byte("a"), value[1:]}}, nil); err != nil {
		t.Errorf("the largest value: %v", err)
	}
	if err := log.write([]entry{{[]byte("b"), value}}, nil); !errors.Is(err, errValueBound) {
		t.Errorf("a larger one: %v, want errValueBound", err)
	}
}

func TestLogNamesAreInOrder(t *testing.T) {
	directory := t.TempDir()
	for _, name := range []string{"100000.mem", "00002.mem", "000003.sst", "MANIFEST", "99999.mem", "000001.vlog"} {
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := logNames(directory)
	if want := []string{"00002.mem", "99999.mem", "100000.mem"}; err != nil || !slices.Equal(names, want) {
		t.Fatalf("%q, %v; want %q", names, err, want)
	}
}
