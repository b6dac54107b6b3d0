package testvectors

import (
	"bytes"
	"io/fs"
	"testing"
)

func FuzzParseCase(f *testing.F) {
	for _, name := range []string{"accept/path/plain.txt", "refuse/nonce/replayed.txt", "refuse/headers/folded.txt"} {
		text, err := fs.ReadFile(FS, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, text)
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		c, err := parseCase(name, text)
		switch {
		case err != nil && c != nil:
			t.Fatal("a case was returned beside an error")
		case err != nil:
			return
		}
		if c.Name != name || c.About == "" || c.Time.IsZero() || !bytes.HasSuffix(text, c.Raw) {
			t.Fatalf("parsed to %+v", c)
		}
		if accepted := c.Form != "" && c.Signature != "" && c.DiffersFrom == ""; accepted != c.Accepted() {
			t.Fatalf("neither accepted nor refused: %+v", c)
		}
		if req, err := c.Request(); (req == nil) != (err != nil) {
			t.Fatalf("request %v, error %v", req, err)
		}
	})
}
