package canonical_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/countersign-dev/countersign/canonical"
)

// seeds are header lines of good and bad requests, as FuzzParse reads them.
func seeds(f *testing.F) {
	for _, w := range []wire{
		signedByHeader(cs4Scope, post, "rule"), signedByHeader(aws4Scope, post, "rule"),
		signedByHeader(aws4Scope, wire{method: "GET", target: "/a:b?b=1&a", host: "h"}, "as-sent"),
		signedByQuery(cs4Scope, get), signedByQuery(aws4Scope, get),
	} {
		lines := []string{w.method, w.target, w.host}
		for _, h := range w.headers {
			lines = append(lines, h.name+":"+h.value)
		}
		f.Add(strings.Join(lines, "\n"), false)
		f.Add(strings.Join(append(lines, "Connection: close,te", "X_y: z", "Host: api.example.com"), "\n"), true)
		f.Add(strings.Join(append(lines, "X-Amz-Cf-Id: a", "Transfer-Encoding: chunked"), "\n"), false)
	}
	f.Add("", false)
	f.Add("GET\n/\nh", false)
	f.Add("GET\n/..;a/%2f?a=%zz\n\nAuthorization:CS4-HMAC-SHA256 Credential=", true)
}

// FuzzParse reads method, target, host and raw header lines. Whatever they hold, Parse does not
// panic; it refuses what the reference refuses, for a known reason, and leaves nothing, or admits and
// then writes the same canonical requests as the reference, every time.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string, raw bool) {
		lines := strings.Split(text, "\n")
		for len(lines) < 3 {
			lines = append(lines, "")
		}
		w := wire{method: lines[0], target: lines[1], host: lines[2]}
		for _, line := range lines[3:] {
			name, value, _ := strings.Cut(line, ":")
			w.add(name, value)
		}
		m := w.message()
		if !raw {
			w = w.received()
		} else { // names and values that HTTP/1.1 would have tidied
			m.Header = map[string][]string{}
			for _, h := range w.headers {
				m.Header[h.name] = append(m.Header[h.name], h.value)
			}
		}
		rules := &canonical.Rules{EncodedSlash: raw, SignatureNonce: raw}
		var r, again canonical.Request
		err := r.Parse(m, rules)
		admits := refAdmits(w, refRules{encodedSlash: raw, signatureNonce: raw}) && (!raw || inMIMEForm(w))
		if admits != (err == nil) {
			t.Fatalf("the reference admits: %v; Parse: %v", admits, err)
		}
		if err != nil {
			var refused *canonical.Error
			if !errors.As(err, &refused) || !refused.Reason.Known() || refused.Detail == "" {
				t.Fatalf("no proper refusal: %v", err)
			}
			assertEmpty(t, &r)
			return
		}
		// A Request that was used before gives the same.
		if err := again.Parse(post.message(), rules); err == nil {
			t.Fatal("an unsigned request is admitted")
		}
		if err := again.Parse(m, rules); err != nil {
			t.Fatal(err)
		}
		if len(r.Forms()) < 1 || len(r.Forms()) > 3 || r.Forms()[0] != canonical.RuleForm {
			t.Fatalf("forms %v", r.Forms())
		}
		for _, form := range r.Forms() {
			got := string(r.AppendCanonical(nil, form, emptyHash))
			assert.Equal(t, got, string(again.AppendCanonical([]byte("x"), form, emptyHash))[1:])
			assert.Equal(t, refCanonical(w, form.String(), r.SignedHeaders, emptyHash), got)
		}
		checkPieces(t, &r)
	})
}

// checkPieces asserts what holds of every admitted request.
func checkPieces(t *testing.T, r *canonical.Request) {
	assert.True(t, canonical.ValidKeyID(r.KeyID))
	assert.True(t, canonical.ValidNonce(r.Nonce))
	assert.True(t, canonical.ValidRegion(r.Scope.Region))
	assert.True(t, canonical.ValidService(r.Scope.Service))
	assert.Equal(t, r.Date, canonical.FormatDate(r.Timestamp))
	assert.Equal(t, r.Date[:8], r.Scope.Date)
	assert.True(t, r.Signs("host") && r.Signs("HOST"))
	names := r.Dialect.Names()
	switch r.Mode {
	case canonical.HeaderMode:
		assert.True(t, r.Signs(names.Date) && (r.Signs(names.Nonce) || r.SignatureNonce))
		assert.True(t, r.PayloadHash == "" || r.Signs(names.ContentSHA256))
		assert.Zero(t, r.Expires)
		a := canonical.Authorization{Dialect: r.Dialect, KeyID: r.KeyID, Scope: r.Scope, SignedHeaders: r.SignedHeaders, Signature: r.Signature}
		parsed, err := canonical.ParseAuthorization(a.String())
		assert.NoError(t, err)
		assert.Equal(t, a, parsed)
	case canonical.PresignedMode:
		assert.False(t, r.Signs(names.Date) || r.Signs(names.Nonce) || r.Signs(names.ContentSHA256))
		assert.Positive(t, r.Expires)
		assert.Equal(t, []canonical.Form{canonical.RuleForm}, r.Forms())
	default:
		t.Error("no mode")
	}
}

// FuzzTarget gives Parse other targets under a good header, and holds against it what the path and
// query may not be.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{"/", "/a%20b?c=d", "/a:b?z&a=%2f+x", "/%2e%2e/", "/a;b/..;c", "/?a=1;b", "/%c3%bc?%ff", "/?X-Amz-Date=x", "//", "/a%5cb%2F", "*", "http://a/"} {
		f.Add(target)
	}
	signed := signedByHeader(cs4Scope, get, "rule")
	f.Fuzz(func(t *testing.T, target string) {
		w := signed
		w.target = target
		var r canonical.Request
		err := r.Parse(w.message(), &canonical.Rules{})
		if admits := refAdmits(w, refRules{}); admits != (err == nil) {
			t.Fatalf("the reference admits: %v; Parse: %v", admits, err)
		}
		if err != nil {
			return
		}
		path, query, _ := strings.Cut(target, "?")
		assert.Equal(t, path, r.Path())
		decoded := refDecode(path)
		if !strings.HasPrefix(decoded, "/") || strings.ContainsAny(decoded, "\\\x00") || strings.Count(decoded, "/") != strings.Count(path, "/") {
			t.Fatalf("path %q", path)
		}
		for i, segment := range strings.Split(decoded, "/")[1:] {
			name, _, _ := strings.Cut(segment, ";")
			last := i == strings.Count(decoded, "/")-1
			if name == "." || name == ".." || name == "" && !(last && segment == "") {
				t.Fatalf("segment %q of %q", segment, path)
			}
		}
		if strings.Contains(query, ";") || strings.Contains(target, "#") {
			t.Fatalf("target %q", target)
		}
		for _, pair := range refPairs(query) {
			lower := strings.ToLower(pair[0])
			if pair[0] == "" || strings.HasPrefix(lower, "x-amz-") || strings.HasPrefix(lower, "x-countersign-") || strings.Contains(pair[0]+pair[1], "\x00") {
				t.Fatalf("pair %q", pair)
			}
		}
		for _, form := range r.Forms() {
			assert.Equal(t, refCanonical(w, form.String(), r.SignedHeaders, ""), string(r.AppendCanonical(nil, form, "")))
		}
	})
}
