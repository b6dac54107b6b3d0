package filekeys

import (
	"strings"
	"testing"
	"time"
)

// FuzzParse asserts that the parser never panics, that its errors never hold a secret of the file,
// whatever else is wrong with it, and that what it accepts can be edited, written and read again.
func FuzzParse(f *testing.F) {
	const mark = "SECRET"
	native := testSecret("live", 9)
	f.Add([]byte(strings.ReplaceAll(full, testSecret("live", 1), mark)))
	for _, seed := range []string{
		one(testSecret("live", 1), mark), one("ck_live_a", mark), one("environment: live", mark+": live"),
		one("[orders:read]", mark), one("version: 1", "version: "+mark), mark, "- " + mark, "{" + mark,
		"%YAML " + mark, "%TAG " + mark, "!!" + mark + " " + mark, "&" + mark + " *" + mark, "a: |" + mark,
		"\"" + mark, "'" + mark, mark + ": {" + mark + ": [" + mark, "? " + mark + "\n: " + mark, "<<: " + mark,
		"version: 1\nkeys: []\n", "---\n...\n---\n", "[{]}", "a: b: c", "\t- a", "k: >-2\n  x",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("too long to be quick, and of no other shape")
		}
		for _, planted := range []string{native, importedSecret} {
			text := strings.ReplaceAll(string(data), mark, planted)
			records, err := parse("keys.yaml", []byte(text), testNow)
			if err != nil {
				if records != nil {
					t.Fatalf("records beside the error %v", err)
				}
				if strings.Contains(err.Error(), planted) || strings.Contains(err.Error(), planted[8:24]) {
					t.Fatalf("the error holds the secret: %v", err)
				}
				continue
			}
			for _, change := range []func(*Record){
				func(*Record) {},
				func(r *Record) { r.Disabled = !r.Disabled },
				func(r *Record) { _ = r.RevokeSecret(0, testNow) },
				func(r *Record) {
					_, _ = r.Rotate(NewSecret(r.Environment), Rotation{Now: testNow, Overlap: time.Hour, Force: true})
				},
			} {
				next := cloneAll(records)
				for i := range next {
					change(&next[i])
				}
				written, _, err := rewrite("keys.yaml", []byte(text), records, next, testNow)
				if err != nil || !holds("keys.yaml", written, next, testNow) {
					t.Fatalf("%q reads as %+v, and is changed to %q: %v", text, records, written, err)
				}
			}
		}
	})
}
