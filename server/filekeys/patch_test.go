package filekeys

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// edited applies change to the records of text, and returns the text that results.
func edited(t *testing.T, text string, change func([]Record) []Record) (changed string, reformatted bool) {
	t.Helper()
	current, err := parse("keys.yaml", []byte(text), testNow)
	if err != nil {
		t.Fatal(err)
	}
	next := change(cloneAll(current))
	result, reformatted, err := rewrite("keys.yaml", []byte(text), current, next, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if !holds("keys.yaml", result, next, testNow) {
		t.Fatalf("the text does not hold what was asked for:\n%s", result)
	}
	return string(result), reformatted
}

func TestEditsKeepCommentsAndLayout(t *testing.T) {
	rotate := func(i int) func([]Record) []Record {
		return func(records []Record) []Record {
			r := &records[i]
			if _, err := r.Rotate(canonical.NewSecret(testSecret("live", 7)), Rotation{Now: testNow, Overlap: time.Hour}); err != nil {
				panic(err)
			}
			return records
		}
	}
	rotated := "      - secret: " + testSecret("live", 7) + "\n        created_at: 2026-11-20T12:00:00Z\n"
	added := Record{ID: "ck_live_new", Environment: "live", Secrets: []Secret{{Secret: canonical.NewSecret(testSecret("live", 8))}}}
	addedText := "  - id: ck_live_new\n    environment: live\n    secrets:\n      - secret: " + testSecret("live", 8) + "\n"
	cases := []struct {
		name   string
		change func([]Record) []Record
		edits  []string // pairs of the old text and the new
	}{
		{"disable", func(r []Record) []Record { r[0].Disabled = true; return r },
			[]string{"    environment: live\n    scopes", "    environment: live\n    disabled: true\n    scopes"}},
		{"enable", func(r []Record) []Record { r[1].Disabled = false; return r },
			[]string{"disabled: true", "disabled: false"}},
		{"rotate a key in rotation", rotate(0), []string{
			"      - secret: " + testSecret("live", 1) + "\n        created_at: 2026-11-20T09:00:00Z\n",
			rotated + "      - secret: " + testSecret("live", 1) + "\n        created_at: 2026-11-20T09:00:00Z\n        not_after: 2026-11-20T13:00:00Z\n",
			"not_after: 2026-11-21T09:00:00Z  ", "not_after: 2026-11-20T13:00:00Z  "}},
		{"rotate the last key", rotate(1), []string{
			"      - secret: " + importedSecret + "\n",
			rotated + "      - secret: " + importedSecret + "\n        not_after: 2026-11-20T13:00:00Z\n"}},
		{"revoke the old secret", func(r []Record) []Record { r[0].Secrets = r[0].Secrets[:1]; return r },
			[]string{"      - secret: " + testSecret("live", 2) + "\n        not_after: 2026-11-21T09:00:00Z       # the rotation overlap\n", ""}},
		{"add", func(r []Record) []Record { return append(r, added) },
			[]string{"# The end.", addedText + "# The end."}},
		{"remove the last", func(r []Record) []Record { return r[:1] },
			[]string{full[strings.Index(full, "  - id: AKIA"):strings.Index(full, "# The end.")], ""}},
		{"remove the first and add", func(r []Record) []Record { return append(r[1:], added) },
			[]string{full[strings.Index(full, "  - id: ck_live"):strings.Index(full, "\n  # An AWS")], "", "# The end.", addedText + "# The end."}},
		{"change another field", func(r []Record) []Record { r[1].Scopes = []string{"a"}; r[1].Disabled = false; return r },
			[]string{"    environment: live\n    disabled: true\n", "    environment: live\n    scopes: [a]\n"}},
	}
	for _, c := range cases {
		for _, lineEnd := range []string{"\n", "\r\n"} {
			t.Run(c.name+strings.ReplaceAll(lineEnd, "\r", " crlf"), func(t *testing.T) {
				want := strings.NewReplacer(c.edits...).Replace(full)
				got, reformatted := edited(t, strings.ReplaceAll(full, "\n", lineEnd), c.change)
				if want = strings.ReplaceAll(want, "\n", lineEnd); got != want || reformatted {
					t.Errorf("reformatted is %v, the text\n%s\nnot\n%s", reformatted, got, want)
				}
			})
		}
	}
}

func TestEditsOfOtherLayoutsReadBackTheSame(t *testing.T) {
	secret := testSecret("live", 1)
	texts := map[string]string{
		"flow file":            "# top\n\n{version: 1, keys: [{id: a, environment: live, secrets: [{secret: " + secret + "}]}]}\n",
		"flow key":             "# top\n\nversion: 1\nkeys:\n- {id: a, environment: live, secrets: [{secret: " + secret + "}]}\n",
		"flow secrets":         "# top\n\nversion: 1\nkeys:\n- id: a\n  environment: live\n  secrets: [{secret: " + secret + "}]\n",
		"no indentation":       "# top\n\nversion: 1\nkeys:\n- id: a\n  environment: live\n  secrets:\n  - secret: " + secret + "\n",
		"no line end":          "# top\n\nversion: 1\nkeys:\n- id: a\n  environment: live\n  secrets:\n  - secret: " + secret,
		"keys first":           "# top\n\nkeys:\n- id: a\n  environment: live\n  secrets:\n  - secret: " + secret + "\n\nversion: 1\n",
		"secrets first":        "# top\n\nversion: 1\nkeys:\n- secrets:\n  - secret: " + secret + "\n  id: a\n  environment: live\n",
		"dash on its own line": "# top\n\nversion: 1\nkeys:\n-\n  id: a\n  environment: live\n  secrets:\n  -\n    secret: " + secret + "\n",
		"value on its own line": "# top\n\nversion: 1\nkeys:\n- id: a\n  environment:\n    live\n  disabled:\n    false\n  secrets:\n  - secret:\n      " + secret +
			"\n    not_after:\n      \"2026-11-20T13:00:00Z\"\n",
		"document markers": "# top\n\n---\nversion: 1\nkeys:\n- id: a\n  environment: live\n  secrets:\n  - secret: " + secret + "\n...\n",
	}
	changes := map[string]func([]Record) []Record{
		"disable": func(r []Record) []Record { r[0].Disabled = true; return r },
		"rotate": func(r []Record) []Record {
			if _, err := r[0].Rotate(canonical.NewSecret(testSecret("live", 7)), Rotation{Now: testNow, Overlap: time.Minute}); err != nil {
				panic(err)
			}
			return r
		},
		"reorder": func(r []Record) []Record {
			r[0].Secrets = []Secret{{Secret: canonical.NewSecret(testSecret("live", 7))}, {Secret: canonical.NewSecret(testSecret("live", 8))}}
			return r
		},
		"add": func(r []Record) []Record {
			return append(r, Record{ID: "true", Environment: "no", RateTier: "1.5", Scopes: []string{"null", "*", "!x", "1e5", "#a", "a:b", "[", "a#b:"},
				Sources: []netip.Prefix{netip.MustParsePrefix("::1/128")},
				Secrets: []Secret{{Secret: canonical.NewSecret("'it''s#a:\\secret[of]{\"32\"}&*!bytes")}}})
		},
		"remove": func([]Record) []Record { return nil },
	}
	for layout, text := range texts {
		for name, change := range changes {
			t.Run(layout+"/"+name, func(t *testing.T) {
				if got, _ := edited(t, text, change); !strings.HasPrefix(got, "# top\n") {
					t.Errorf("the comment at the top is lost:\n%s", got)
				}
			})
		}
	}
}
