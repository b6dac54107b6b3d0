package badgerstore

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestNewestLogIsFoundHoweverSoonItComes: also in the same tick of the kernel's clock as the last
// change of the directory that was seen.
func TestNewestLogIsFoundHoweverSoonItComes(t *testing.T) {
	directory := t.TempDir()
	create := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	create("00001.mem")
	a, err := openActiveLog(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	expect := func(want string) {
		t.Helper()
		if name, err := a.sync(nil); err != nil || name != want {
			t.Fatalf("synced %q, %v; want %q", name, err, want)
		}
	}
	expect("00001.mem")
	for n := range 300 {
		name := string(append([]byte("1000"), byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))) + logExtension
		create(name)
		expect(name)
		create("000001.sst")
		expect(name)
		if n%100 == 50 { // long enough for the listing to count
			for {
				if expect(name); !a.listed.IsZero() {
					break
				}
				time.Sleep(time.Millisecond)
			}
		}
	}
	if err := os.RemoveAll(directory); err != nil {
		t.Fatal(err)
	}
	if _, err := a.sync(nil); err == nil {
		t.Fatal("synced a log that is not there")
	}
}

// TestSyncedLogHoldsTheLastWrite looks for each write in the log that its sync chose, while logs come
// and go.
func TestSyncedLogHoldsTheLastWrite(t *testing.T) {
	options, err := Options{Logger: quiet}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	options.hooks.memTable = 1 << 20
	log, err := openBadgerLog(t.TempDir(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	seen := make(map[string]bool)
	for n := range 100 {
		key := []byte{byte(n >> 8), byte(n)}
		// Some logs are full before they have been synced once.
		for range 1 + n%3*100 {
			if err := log.write([]entry{{key, bytes.Repeat(key, 8192)}}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := log.sync(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(log.directory, log.active.name))
		if errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("write %d: synced %s, which is gone", n, log.active.name)
		}
		if err != nil {
			t.Fatal(err)
		}
		found := false
		scanWAL(text, func(e walEntry) { found = found || bytes.Equal(e.key, key) })
		if !found {
			t.Fatalf("write %d is not in %s, which was synced", n, log.active.name)
		}
		seen[log.active.name] = true
	}
	if len(seen) < 5 {
		t.Errorf("only %d logs were in use", len(seen))
	}
}
