package canonical_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// binding is what two requests with one canonical request must have in common.
func binding(w wire, signedHeaders string) string {
	path, query, _ := strings.Cut(w.target, "?")
	text := fmt.Sprintf("%q %q %q", w.method, path, bound(query))
	for _, name := range strings.Split(signedHeaders, ";") {
		text += fmt.Sprintf(" %q:%q", name, refValue(w, name))
	}
	return text
}

// bound returns the decoded pairs that a signature binds: all but the signature itself.
func bound(query string) (pairs [][2]string) {
	for _, pair := range refPairs(query) {
		if !strings.HasSuffix(pair[0], "-Signature") {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// texts calls visit with every text of up to most letters of alphabet.
func texts(alphabet string, most int, visit func(s string)) {
	var grow func(s string)
	grow = func(s string) {
		visit(s)
		if len(s) < most {
			for i := range len(alphabet) {
				grow(s + alphabet[i:i+1])
			}
		}
	}
	grow("")
}

// collector finds two requests that share a canonical request, in whatever form, and differ in what
// it has to bind.
type collector struct {
	t        *testing.T
	rules    canonical.Rules
	bound    map[string]string
	request  canonical.Request
	admitted int
	forms    [3]int
}

func (c *collector) add(w wire) {
	r := &c.request
	if err := r.Parse(w.message(), &c.rules); err != nil {
		return
	}
	c.admitted++
	binding := binding(w, r.SignedHeaders)
	for _, form := range r.Forms() {
		c.forms[form]++
		text := string(r.AppendCanonical(nil, form, emptyHash))
		if reference := refCanonical(w, form.String(), r.SignedHeaders, emptyHash); text != reference {
			c.t.Fatalf("canonical request, and the reference's:\n%s\n%s", text, reference)
		}
		if other, found := c.bound[text]; found && other != binding {
			c.t.Fatalf("one canonical request for two:\n%s\n%s\n%s", other, binding, text)
		}
		c.bound[text] = binding
	}
}

// letters is how long the texts are that are tried one and all.
var letters = map[bool]int{false: 5, true: 4}[raceDetector]

func newCollector(t *testing.T) *collector {
	return &collector{t: t, bound: map[string]string{}}
}

func TestNoTwoPathsShareACanonicalRequest(t *testing.T) {
	for _, encodedSlash := range []bool{false, true} {
		c := newCollector(t)
		c.rules.EncodedSlash = encodedSlash
		signed := signedByHeader(cs4Scope, get, "rule")
		texts("/a%250.:", letters, func(s string) {
			w := signed
			w.target = "/" + s
			c.add(w)
		})
		assert.Greater(t, c.admitted, 500)
		assert.Positive(t, c.forms[canonical.PathAsSentForm])
	}
}

func TestNoTwoQueriesShareACanonicalRequest(t *testing.T) {
	c := newCollector(t)
	signed := signedByHeader(aws4Scope, get, "rule")
	texts("ab=&+%62", letters, func(s string) {
		w := signed
		w.target = "/?" + s
		c.add(w)
	})
	assert.Greater(t, c.admitted, 500)
	assert.Positive(t, c.forms[canonical.AsSentForm])
}

// TestNoTwoRequestsShareACanonicalRequest draws requests from a space so small that many agree in
// most of their parts.
func TestNoTwoRequestsShareACanonicalRequest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	c := newCollector(t)
	for range map[bool]int{false: 30_000, true: 3_000}[raceDetector] {
		w := wire{method: pick("GET", "POST", "get"), host: pick("a.example", "A.example", "a.example:80")}
		w.target = pick("/", "/a", "/a:b", "/a%3Ab", "/a%253Ab", "/a%20b", "/a%2520b", "/a=b&c", "/a/", "/a;b", "/%61") +
			pick("", "?", "?a=b", "?a=b&a=c", "?a=c&a=b", "?a", "?a=", "?a+b", "?a%20b", "?a%2Bb", "?%61=b", "?a=b%26a%3Dc", "?b=:", "?b=%3a")
		for range random.IntN(3) {
			w.add(pick("X-A", "X-B", "x-a"), pick("", "a", "a,b", "b", "a  b", "a b", "a\tb", " a"))
		}
		switch random.IntN(3) {
		case 0:
			w = signedByHeader(cs4Scope, w, "rule")
		case 1:
			w = signedByHeader(aws4Scope, w, "rule")
		default:
			w = signedByQuery(cs4Scope, w)
		}
		if random.IntN(2) == 0 {
			w.add("X-Unsigned", pick("a", "b"))
		}
		c.add(w)
	}
	assert.Greater(t, c.admitted, 2_000)
	for _, form := range []canonical.Form{canonical.RuleForm, canonical.PathAsSentForm, canonical.AsSentForm} {
		assert.Positive(t, c.forms[form], form)
	}
}

// TestCanonicalFormIsTheReferences compares the package with the second implementation on random
// requests, signature and all.
func TestCanonicalFormIsTheReferences(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	text := func(alphabet string, least, most int) string {
		var s strings.Builder
		for range least + random.IntN(most-least+1) {
			s.WriteString(string([]rune(alphabet)[random.IntN(len([]rune(alphabet)))]))
		}
		return s.String()
	}
	for range map[bool]int{false: 5_000, true: 500}[raceDetector] {
		w := wire{method: text("GETPOS", 1, 6), host: text("abc.-:0123", 1, 20), target: "/"}
		for range random.IntN(4) {
			w.target += refEncode(text("ab~$é%.:@=+", 3, 8), false) + text("/", 0, 1) + text("abc:@=+$&'()*,", 1, 3)
		}
		for i := range random.IntN(5) {
			w.target += []string{"?", "&"}[min(i, 1)] + refEncode(text("ab c+&=é~", 1, 4), false) + text("=:+@/?", 0, 3)
		}
		for range random.IntN(5) {
			w.add("X-"+text("ab", 1, 1), text("ab ,\té\"", 0, 12))
		}
		form := []string{"rule", "path-as-sent", "as-sent"}[random.IntN(3)]
		if path, _, _ := strings.Cut(w.target, "?"); strings.Contains(path, "%") {
			form = "rule"
		}
		scope := []referenceScope{cs4Scope, aws4Scope}[random.IntN(2)]
		signed := signedByHeader(scope, w, form)
		if random.IntN(3) == 0 {
			signed = signedByQuery(scope, w)
		}
		_, ok, err := verify(signed, &canonical.Rules{}, emptyHash)
		require.NoError(t, err, "%+v", signed)
		require.True(t, ok, "%s %+v", form, signed)
	}
}
