package canonical

import (
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const tokenText = "!#$%&'*+-.^_`|~09azAZ"

// The package writes names in canonical MIME form itself; it must agree with net/http for every
// token, or a signed header would be looked up under a name that the map does not hold.
func checkName(t *testing.T, name string) {
	t.Helper()
	key := textproto.CanonicalMIMEHeaderKey(name)
	if !token.only(name, 1, 1<<20) {
		if canonical, _ := nameForm(name); canonical {
			t.Fatalf("%q is no token and is taken", name)
		}
		return
	}
	if mime := mimeName(strings.ToLower(name)); mime != key || http.CanonicalHeaderKey(name) != key {
		t.Fatalf("%q is %q, and %q in net/http", name, mime, key)
	}
	if canonical, _ := nameForm(name); canonical != (name == key) {
		t.Fatalf("%q: canonical form not recognised", name)
	}
}

func TestNamesAgreeWithNetHTTP(t *testing.T) {
	var grow func(name string, most int)
	grow = func(name string, most int) {
		checkName(t, name)
		if most > 0 {
			for _, c := range []byte(tokenText) {
				grow(name+string([]byte{c}), most-1)
			}
		}
	}
	grow("", 4)
	for _, prefix := range []string{"", "x-", "X-", "www", "WWW-", "etag", "dNt", "x-amz-"} {
		for c := range 256 {
			checkName(t, prefix+string([]byte{byte(c)}))
			checkName(t, prefix+string([]byte{byte(c)})+"a")
		}
	}
	random := rand.New(rand.NewPCG(9, 10))
	for range 20_000 {
		name := make([]byte, random.IntN(150))
		for i := range name {
			name[i] = tokenText[random.IntN(len(tokenText))]
		}
		checkName(t, string(name))
	}
}

func TestPrefixesAreRecognisedInCanonicalForm(t *testing.T) {
	for name, want := range map[string]Dialect{
		"X-Amz-": AWS4, "X-Amz-Date": AWS4, "X-Countersign-": CS4, "X-Countersign-Date": CS4,
		"X-Amz": 0, "X-Amzn-Trace-Id": 0, "X-Countersign": 0, "Y-Amz-Date": 0, "": 0,
	} {
		assert.Equal(t, want, dialectOfHeader(name), name)
		assert.Equal(t, want != 0, hasDialectPrefix(strings.ToLower(name)), name)
	}
	for _, d := range Dialects() {
		names := d.Names()
		for _, mime := range []string{names.Date, names.Nonce, names.ContentSHA256} {
			assert.Equal(t, mime, mimeName(strings.ToLower(mime)))
			assert.Equal(t, d, dialectOfHeader(mime))
			canonical, odd := nameForm(mime)
			assert.True(t, canonical && !odd && d.defines(mime))
		}
	}
}

func TestCanonicalValues(t *testing.T) {
	for _, c := range []struct {
		want   string
		values []string
	}{
		{"", []string{""}},
		{"", []string{" \t "}},
		{"a", []string{"a"}},
		{"a", []string{"\t a \t"}},
		{"a b", []string{"a   b"}},
		{"a b c", []string{"  a  b c "}},
		{"a\tb", []string{"a\tb"}},
		{"a \t b", []string{"a  \t  b"}},
		{"a,b", []string{"a", "b"}},
		{"a,b,c", []string{"a,b", "c"}},
		{"b,a", []string{"b", "a"}},
		{",", []string{"", ""}},
		{"a,", []string{"a", " "}},
		{`"a b"`, []string{`"a  b"`}},
		{"\xff\x80é", []string{"\xff\x80é"}},
		{"a\u00a0\u00a0b\u00a0", []string{"a\u00a0\u00a0b\u00a0"}},
	} {
		assert.Equal(t, c.want, CanonicalValue(c.values), "%q", c.values)
		assert.Equal(t, c.want, CanonicalValue([]string{c.want}), "what is canonical stays as it is")
	}
}

func TestAliases(t *testing.T) {
	for name, want := range map[string]string{
		"X_Amz_Date": "x-amz-date", "X-Amz-Date": "x-amz-date", "X.a~B": "x-a-b", "Abc9": "abc9", "`": "-",
	} {
		assert.Equal(t, want, PlainName(name))
		_, odd := nameForm(http.CanonicalHeaderKey(name))
		assert.Equal(t, want != strings.ToLower(name), odd, name)
	}
}
