package canonical_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

func TestParseRefusesByPolicy(t *testing.T) {
	base := signedByHeader(aws4Scope, get, "rule")
	for _, c := range []struct {
		about string
		rules canonical.Rules
		edit  func(w *wire)
		want  canonical.Reason
	}{
		{"CloudFront's name is admitted", canonical.Rules{}, func(w *wire) { w.add("X-Amz-Cf-Id", "x") }, ""},
		{"and no longer, once the list is empty", canonical.Rules{AddedOnTheWay: []string{}}, func(w *wire) { w.add("X-Amz-Cf-Id", "x") }, canonical.UnsignedHeader},
		{"a listed name is admitted", canonical.Rules{AddedOnTheWay: []string{"x-amz-target"}}, func(w *wire) { w.add("X-Amz-Target", "x") }, ""},
		{"the hash is never taken for added on the way", canonical.Rules{AddedOnTheWay: []string{"X-Amz-Content-Sha256"}},
			func(w *wire) { w.replace("Authorization", ";x-amz-content-sha256", "") }, canonical.UnsignedHeader},
		{"nor the date", canonical.Rules{AddedOnTheWay: []string{"X-Amz-Date"}},
			func(w *wire) { w.replace("Authorization", ";x-amz-date", "") }, canonical.UnsignedHeader},
		{"nor the nonce", canonical.Rules{AddedOnTheWay: []string{"X-Amz-Nonce"}},
			func(w *wire) { w.replace("Authorization", ";x-amz-nonce", "") }, canonical.UnsignedHeader},
		{"a required header is unsigned", canonical.Rules{RequireSigned: []string{"Idempotency-Key"}}, func(w *wire) { w.add("Idempotency-Key", "x") }, canonical.UnsignedHeader},
		{"however policy spells it", canonical.Rules{RequireSigned: []string{"idempotency-key"}}, func(w *wire) { w.add("Idempotency-Key", "x") }, canonical.UnsignedHeader},
		{"its alias", canonical.Rules{RequireSigned: []string{"Idempotency-Key"}}, func(w *wire) { w.add("Idempotency_Key", "x") }, canonical.BadHeader},
		{"it may be absent", canonical.Rules{RequireSigned: []string{"Idempotency-Key"}}, func(*wire) {}, ""},
		{"Content-Type in AWS4 is free", canonical.Rules{}, func(w *wire) { w.add("Content-Type", "x") }, ""},
		{"unless policy wants it signed", canonical.Rules{RequireSigned: []string{"Content-Type"}}, func(w *wire) { w.add("Content-Type", "x") }, canonical.UnsignedHeader},
		{"escaped slash where admitted", canonical.Rules{EncodedSlash: true}, func(w *wire) { w.target = "/a%2Fb%5cc" }, ""},
		{"escaped dots by an escaped slash", canonical.Rules{EncodedSlash: true}, func(w *wire) { w.target = "/public/..%2fadmin" }, canonical.BadPath},
		{"escaped dots by an escaped backslash", canonical.Rules{EncodedSlash: true}, func(w *wire) { w.target = "/public%5c..%5cadmin" }, canonical.BadPath},
		{"empty segment by an escaped slash", canonical.Rules{EncodedSlash: true}, func(w *wire) { w.target = "/a/%2Fb" }, canonical.BadPath},
		{"own limit of the target", canonical.Rules{Limits: canonical.Limits{Target: 10}}, func(*wire) {}, canonical.LimitExceeded},
		{"own limit of parameters", canonical.Rules{Limits: canonical.Limits{Parameters: 1}}, func(w *wire) { w.target = "/?a&b" }, canonical.LimitExceeded},
		{"own limit of lines", canonical.Rules{Limits: canonical.Limits{Headers: 3}}, func(*wire) {}, canonical.LimitExceeded},
		{"own limit of bytes", canonical.Rules{Limits: canonical.Limits{HeaderBytes: 100}}, func(*wire) {}, canonical.LimitExceeded},
	} {
		t.Run(c.about, func(t *testing.T) {
			w := base.clone()
			c.edit(&w)
			var r canonical.Request
			assertRefused(t, &r, r.Parse(w.message(), &c.rules), c.want)
		})
	}
}

// A signed name may itself be odd; then it is the plain name beside it that stands for it.
func TestParseRefusesAliasesOfOddSignedNames(t *testing.T) {
	odd := get.clone()
	odd.add("x_role", "reader")
	signed := signedByHeader(cs4Scope, odd, "rule")
	_, ok, err := verify(signed, &canonical.Rules{}, "")
	require.NoError(t, err)
	require.True(t, ok)
	for _, alias := range []string{"X-Role", "X.role", "X!role"} {
		w := signed.clone()
		w.add(alias, "admin")
		var r canonical.Request
		assertRefused(t, &r, r.Parse(w.message(), &canonical.Rules{}), canonical.BadHeader)
	}
}

// Keys of a header map that net/http would never make must not hide from the rules.
func TestParseRefusesHeaderMapsOfOtherForm(t *testing.T) {
	for _, name := range []string{"x-countersign-date", "X-COUNTERSIGN-DATE", "connection", "authorization", "X-countersign-Date"} {
		m := signedByHeader(cs4Scope, get, "rule").message()
		m.Header[name] = []string{"x"}
		var r canonical.Request
		assertRefused(t, &r, r.Parse(m, &canonical.Rules{}), canonical.BadHeader)
	}
}

// The bound on lines and bytes is looked at before anything is made of them.
func TestParseCountsHeadersBeforeItReadsThem(t *testing.T) {
	m := signedByHeader(cs4Scope, get, "rule").message()
	m.Header["X-Many"] = make([]string, 200)
	m.Header["X-Many"][150] = "\x00"
	var r canonical.Request
	assertRefused(t, &r, r.Parse(m, &canonical.Rules{}), canonical.LimitExceeded)
}
