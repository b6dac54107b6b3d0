package testvectors

import (
	"encoding/json"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzParseVerifier: settings are complete or there are none, and read the same when written again.
func FuzzParseVerifier(f *testing.F) {
	text, err := fs.ReadFile(FS, "verifier.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"region":"a","service":"b","max_body":1,"max_unhashed_body":1,"presign_max_expires":1,` +
		`"keys":[{"id":"a","environment":"a","dialects":["cs4"],"secrets":[{"secret":"s","not_after":null}],"sources":["10.0.0.0/8"]}]}`))
	f.Add([]byte(`{"version":2}{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := parseVerifier(text)
		if err != nil {
			if v != nil {
				t.Fatal("settings were returned beside an error")
			}
			return
		}
		if v.Version != 1 || v.Region == "" || v.Service == "" || v.MaxBody <= 0 || len(v.Keys) == 0 || len(v.Keys[0].Secrets) == 0 {
			t.Fatalf("incomplete: %+v", v)
		}
		written, err := json.Marshal(v)
		if err != nil {
			return // a year of five digits cannot be written
		}
		again, err := parseVerifier(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if rewritten, err := json.Marshal(again); err != nil || string(rewritten) != string(written) {
			t.Fatalf("%s became %s, %v", written, rewritten, err)
		}
	})
}

// FuzzLoad loads a corpus with a file of any name and text in it: it is a case like the others, or the
// corpus is refused as a whole.
func FuzzLoad(f *testing.F) {
	files := fstest.MapFS{}
	for _, name := range []string{"verifier.json", "accept/path/plain.txt", "refuse/nonce/replayed.txt"} {
		text, err := fs.ReadFile(FS, name)
		if err != nil {
			f.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	replayed, err := parseCase("refuse/nonce/replayed.txt", files["refuse/nonce/replayed.txt"].Data)
	if err != nil {
		f.Fatal(err)
	}
	text, err := fs.ReadFile(FS, replayed.DiffersFrom)
	if err != nil {
		f.Fatal(err)
	}
	files[replayed.DiffersFrom] = &fstest.MapFile{Data: text}
	f.Add("refuse/nonce/other.txt", string(files["refuse/nonce/replayed.txt"].Data))
	f.Add("accept/path/other.txt", string(files["accept/path/plain.txt"].Data))
	f.Add("accept/README.md", "no case")
	f.Add("elsewhere.txt", "")
	f.Fuzz(func(t *testing.T, name, text string) {
		if _, there := files[name]; there || !fs.ValidPath(name) || name == "." {
			return
		}
		more := fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}
		for name, file := range files {
			more[name] = file
		}
		before, err := Load(files)
		if err != nil {
			t.Fatal(err)
		}
		set, err := Load(more)
		if err != nil {
			if set != nil {
				t.Fatal("a corpus was returned beside an error")
			}
			return
		}
		inside := strings.HasPrefix(name, "accept/") || strings.HasPrefix(name, "refuse/")
		if expected := len(before.Cases) + map[bool]int{true: 1}[inside]; len(set.Cases) != expected {
			t.Fatalf("%d cases of %d: %s was left out", len(set.Cases), expected, name)
		}
		for _, c := range before.Cases {
			found := false
			for _, other := range set.Cases {
				found = found || reflect.DeepEqual(c, other)
			}
			if !found {
				t.Fatalf("%s is gone, or has changed", c.Name)
			}
		}
	})
}
