package canonical_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// writer returns the texts that a signature of a target may cover, the rule's first; none where the
// target is refused.
type writer func(target string) []string

// meaning is what a target's canonical form has to bind, and all that it may: the path byte for byte,
// the decoded pairs in any order. It says the same as refPairs, faster; no admitted target holds the
// bytes that stand between.
func meaning(target string) string {
	path, query, _ := strings.Cut(target, "?")
	if query == "" {
		return path
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		var plain strings.Builder
		name := true
		for j := 0; j < len(pair); j++ {
			switch c := pair[j]; {
			case c == '=' && name:
				name = false
				plain.WriteByte(0)
			case c == '+':
				plain.WriteByte(' ')
			case c == '%' && j+2 < len(pair):
				if b, err := hex.DecodeString(pair[j+1 : j+3]); err == nil {
					plain.Write(b)
					j += 2
					continue
				}
				plain.WriteByte(c)
			default:
				plain.WriteByte(c)
			}
		}
		if name {
			plain.WriteByte(0)
		}
		pairs[i] = plain.String()
	}
	slices.Sort(pairs)
	return path + "\x00\x00" + strings.Join(pairs, "\x00\x00")
}

func TestMeaningIsTheReferences(t *testing.T) {
	write := writerOf(&canonical.Rules{EncodedSlash: true})
	p := pairSource{rand.New(rand.NewPCG(1, 2))}
	for range 20_000 {
		a, b := "/?"+p.text(6), ""
		if b = "/?" + p.near(a[2:]); write(a) == nil || write(b) == nil {
			continue
		}
		same := fmt.Sprintf("%q", refPairs(a[2:])) == fmt.Sprintf("%q", refPairs(b[2:]))
		require.Equal(t, same, meaning(a) == meaning(b), "%s %s", a, b)
	}
}

// pairCount is what has come of a run.
type pairCount struct {
	drawn    int // pairs of different targets
	admitted int // those of which both targets are
	equal    int // those with one canonical text, and one meaning
}

// checkPairs draws pairs of targets until so many have been admitted. It returns an error for two
// that share a text and differ in meaning, or that share the meaning and not the rule's text.
func checkPairs(p pairSource, prefix string, write writer, admitted int) (count pairCount, err error) {
	for count.admitted < admitted {
		text := p.text(8)
		a, b := prefix+text, prefix+p.near(text)
		if a == b {
			continue
		}
		count.drawn++
		if count.drawn > 100*admitted {
			return count, fmt.Errorf("only %d of %d pairs are admitted", count.admitted, count.drawn)
		}
		textsA := write(a)
		if len(textsA) == 0 {
			continue
		}
		textsB := write(b)
		if len(textsB) == 0 {
			continue
		}
		count.admitted++
		shared := slices.ContainsFunc(textsA, func(text string) bool { return slices.Contains(textsB, text) })
		switch same := meaning(a) == meaning(b); {
		case shared && !same:
			return count, fmt.Errorf("%s and %s share a canonical text, and differ: %q %q", a, b, textsA, textsB)
		case same && textsA[0] != textsB[0]:
			return count, fmt.Errorf("%s and %s are the same, and their canonical texts differ: %q %q", a, b, textsA, textsB)
		case same:
			count.equal++
		}
	}
	return count, nil
}

// writerOf is the package's own writer, under the rules.
func writerOf(rules *canonical.Rules) writer {
	m := signedByHeader(cs4Scope, get, "rule").message()
	var r canonical.Request
	var texts []string
	return func(target string) []string {
		m.Target = target
		if r.Parse(m, rules) != nil {
			return nil
		}
		texts = texts[:0:0]
		for _, form := range r.Forms() {
			// The lines of method, path and query: the others are the same throughout.
			text := r.AppendCanonical(nil, form, "")
			end := 0
			for range 3 {
				end += strings.IndexByte(string(text[end:]), '\n') + 1
			}
			texts = append(texts, string(text[:end]))
		}
		return texts
	}
}

// admittedPairs is how many pairs each kind of target is tried with.
func admittedPairs() int {
	switch {
	case os.Getenv("COUNTERSIGN_LONG") != "":
		return 10_000_000
	case raceDetector:
		return 10_000
	}
	return 60_000
}

// kindsOfPairs are the parts of a target that vary.
var kindsOfPairs = []struct {
	name, prefix string
	rules        canonical.Rules
	equal        bool // whether two different ones may be the same
}{
	{name: "path", prefix: "/"},
	{name: "path with escaped slashes", prefix: "/", rules: canonical.Rules{EncodedSlash: true}},
	{name: "query", prefix: "/a?", equal: true},
	{name: "query of a path that has as-sent forms", prefix: "/a:b=c?", equal: true},
}

// TestNoTwoTargetsThatAreNearShareACanonicalForm: make injectivity runs its long form, 10 million
// pairs of each kind.
func TestNoTwoTargetsThatAreNearShareACanonicalForm(t *testing.T) {
	for i, kind := range kindsOfPairs {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(i)
			if os.Getenv("COUNTERSIGN_LONG") != "" {
				seed = rand.Uint64()
			}
			count, err := checkPairs(pairSource{rand.New(rand.NewPCG(seed, 1))}, kind.prefix, writerOf(&kind.rules), admittedPairs())
			require.NoError(t, err, "seed %d", seed)
			t.Logf("seed %d: %d pairs drawn, %d admitted, %d of them canonically equal, 0 collisions", seed, count.drawn, count.admitted, count.equal)
			if kind.equal {
				assert.Greater(t, count.equal, count.admitted/50, "hardly a pair is near enough")
			}
		})
	}
}

// TestCheckPairsFindsABrokenForm: each of these forms has been a real signer's or server's, and the
// pairs show what is wrong with it.
func TestCheckPairsFindsABrokenForm(t *testing.T) {
	ours := writerOf(&canonical.Rules{EncodedSlash: true})
	admitted := func(form func(path, query string) []string) writer {
		return func(target string) []string {
			if ours(target) == nil {
				return nil
			}
			path, query, _ := strings.Cut(target, "?")
			return form(path, query)
		}
	}
	join := func(pairs [][2]string, encode func(string) string) string {
		var text []string
		for _, pair := range pairs {
			text = append(text, encode(pair[0])+"="+encode(pair[1]))
		}
		return strings.Join(text, "&")
	}
	encode := func(s string) string { return refEncode(s, false) }
	path := func(path string) string { return refEncode(path, true) }
	for name, broken := range map[string]struct {
		prefix string
		write  writer
		says   string
	}{
		"a path that is decoded once": {"/", admitted(func(p, q string) []string {
			return []string{path(refDecode(p)) + "?" + join(refPairs(q), encode)}
		}), "share"},
		"a path whose escapes stay": {"/", admitted(func(p, q string) []string {
			return []string{strings.NewReplacer("%25", "%").Replace(path(p)) + "?" + join(refPairs(q), encode)}
		}), "share"},
		"a path whose escapes are made upper-case": {"/", admitted(func(p, q string) []string {
			return []string{path(escape.ReplaceAllStringFunc(p, strings.ToUpper)) + "?" + join(refPairs(q), encode)}
		}), "share"},
		"a path without its parameters": {"/", admitted(func(p, q string) []string {
			p, _, _ = strings.Cut(p, ";")
			return []string{path(p) + "?" + join(refPairs(q), encode)}
		}), "share"},
		"a path without its last slash": {"/", admitted(func(p, q string) []string {
			return []string{path(strings.TrimSuffix(p, "/")) + "?" + join(refPairs(q), encode)}
		}), "share"},
		"an as-sent path with escapes": {"/", admitted(func(p, q string) []string {
			query := "?" + join(refPairs(q), encode)
			return []string{path(p) + query, p + query}
		}), "share"},
		"path and query without a boundary": {"/", admitted(func(p, q string) []string {
			return []string{path(p) + join(refPairs(q), encode)}
		}), "share"},
		"a query whose pairs are not encoded again": {"/?", admitted(func(p, q string) []string {
			return []string{join(refPairs(q), func(s string) string { return s })}
		}), "share"},
		"a query in which + stays": {"/?", admitted(func(p, q string) []string {
			return []string{join(refPairs(strings.ReplaceAll(q, "+", "%2B")), encode)}
		}), "are the same"},
		"a query without repeated pairs": {"/?", admitted(func(p, q string) []string {
			return []string{join(slices.Compact(refPairs(q)), encode)}
		}), "share"},
		"a query without empty values": {"/?", admitted(func(p, q string) []string {
			return []string{join(slices.DeleteFunc(refPairs(q), func(pair [2]string) bool { return pair[1] == "" }), encode)}
		}), "share"},
		"a query of Go's parser": {"/?", func(target string) []string {
			_, q, _ := strings.Cut(target, "?")
			values, _ := url.ParseQuery(q) // which leaves out what it cannot read
			for _, list := range values {
				sort.Strings(list)
			}
			return []string{values.Encode()}
		}, "share"},
		"a query as sent": {"/?", admitted(func(p, q string) []string { return []string{q} }), "are the same"},
		"a query sorted by name alone": {"/?", admitted(func(p, q string) []string {
			pairs := strings.Split(q, "&")
			sort.SliceStable(pairs, func(i, j int) bool {
				a, _, _ := strings.Cut(pairs[i], "=")
				b, _, _ := strings.Cut(pairs[j], "=")
				return a < b
			})
			return []string{strings.Join(pairs, "&")}
		}), "are the same"},
		"a form that refuses everything": {"/", func(string) []string { return nil }, "admitted"},
	} {
		t.Run(name, func(t *testing.T) {
			count, err := checkPairs(pairSource{rand.New(rand.NewPCG(1, 1))}, broken.prefix, broken.write, 10_000)
			assert.ErrorContains(t, err, broken.says)
			t.Logf("found after %d admitted pairs: %v", count.admitted, err)
		})
	}
}
