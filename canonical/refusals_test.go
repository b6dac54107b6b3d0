package canonical_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

type refusal struct {
	about string
	edit  func(w *wire)
	want  canonical.Reason
}

// TestParseAdmitsWhatTheTablesStartFrom keeps the refusal tables honest: unedited, each request is
// admitted and its signature matches.
func TestParseAdmitsWhatTheTablesStartFrom(t *testing.T) {
	for _, scope := range []referenceScope{cs4Scope, aws4Scope} {
		_, ok, err := verify(signedByHeader(scope, post, "rule"), &canonical.Rules{}, "")
		require.NoError(t, err)
		assert.True(t, ok)
		_, ok, err = verify(signedByQuery(scope, get), &canonical.Rules{}, emptyHash)
		require.NoError(t, err)
		assert.True(t, ok)
	}
}

func TestParseRefusesInHeaderMode(t *testing.T) {
	target := func(target string) func(w *wire) { return func(w *wire) { w.target = target } }
	add := func(name, value string) func(w *wire) { return func(w *wire) { w.add(name, value) } }
	remove := func(name string) func(w *wire) { return func(w *wire) { w.remove(name) } }
	replace := func(name, old, replacement string) func(w *wire) {
		return func(w *wire) { w.replace(name, old, replacement) }
	}
	authorization := func(old, replacement string) func(w *wire) {
		return replace("Authorization", old, replacement)
	}
	set := func(name, value string) func(w *wire) {
		return func(w *wire) { w.remove(name); w.add(name, value) }
	}
	names := func(count int) string {
		var list strings.Builder
		for i := range count {
			fmt.Fprintf(&list, "a%03d;", i)
		}
		return list.String()
	}
	runRefusals(t, signedByHeader(cs4Scope, post, "rule"), []refusal{
		{"empty target", target(""), canonical.BadTarget},
		{"absolute-form", target("http://api.example.com/v1"), canonical.BadTarget},
		{"asterisk-form", target("*"), canonical.BadTarget},
		{"fragment", target("/a#b"), canonical.BadTarget},
		{"backslash", target(`/a\b`), canonical.BadTarget},
		{"backslash in the query", target(`/a?b=\`), canonical.BadTarget},
		{"space", target("/a b"), canonical.BadTarget},
		{"space in the query", target("/a?b c"), canonical.BadTarget},
		{"tab", target("/a\tb"), canonical.BadTarget},
		{"line feed", target("/a\nb"), canonical.BadTarget},
		{"NUL", target("/a\x00b"), canonical.BadTarget},
		{"DEL", target("/a\x7f"), canonical.BadTarget},
		{"raw UTF-8", target("/ü"), canonical.BadTarget},
		{"method with a space", func(w *wire) { w.method = "GET /" }, canonical.BadTarget},
		{"no method", func(w *wire) { w.method = "" }, canonical.BadTarget},
		{"long method", func(w *wire) { w.method = strings.Repeat("G", 65) }, canonical.BadTarget},

		{"double slash", target("//a"), canonical.BadPath},
		{"double slash inside", target("/a//b"), canonical.BadPath},
		{"double slash at the end", target("/a//"), canonical.BadPath},
		{"dot", target("/./a"), canonical.BadPath},
		{"dot at the end", target("/a/."), canonical.BadPath},
		{"dots", target("/a/../b"), canonical.BadPath},
		{"dots at the end", target("/a/.."), canonical.BadPath},
		{"dots before the query", target("/a/..?b=c"), canonical.BadPath},
		{"escaped dots", target("/a/%2e%2E/b"), canonical.BadPath},
		{"half-escaped dots", target("/a/.%2e/b"), canonical.BadPath},
		{"dots with parameter", target("/a/..;x/b"), canonical.BadPath},
		{"dots with escaped parameter", target("/a/..%3Bx/b"), canonical.BadPath},
		{"dot with empty parameter", target("/a/.;"), canonical.BadPath},
		{"empty segment with parameter", target("/;x/a"), canonical.BadPath},
		{"empty segment with parameter at the end", target("/a/;"), canonical.BadPath},
		{"escaped slash", target("/a%2Fb"), canonical.BadPath},
		{"escaped slash in lower case", target("/a%2fb"), canonical.BadPath},
		{"escaped backslash", target("/a%5cb"), canonical.BadPath},
		{"escaped NUL", target("/a%00"), canonical.BadPath},
		{"cut escape", target("/a%2"), canonical.BadPath},
		{"lone percent", target("/a%"), canonical.BadPath},
		{"escape of no hex", target("/a%zz"), canonical.BadPath},
		{"escape cut by the query", target("/a%2?b=0"), canonical.BadPath},
		{"invalid UTF-8", target("/a%ff"), canonical.BadPath},
		{"overlong UTF-8 slash", target("/a%c0%af"), canonical.BadPath},

		{"empty pair", target("/?a&&b"), canonical.BadQuery},
		{"empty pair first", target("/?&a"), canonical.BadQuery},
		{"empty pair last", target("/?a&"), canonical.BadQuery},
		{"ampersand alone", target("/?&"), canonical.BadQuery},
		{"no name", target("/?=a"), canonical.BadQuery},
		{"semicolon", target("/?a=1;b=2"), canonical.BadQuery},
		{"semicolon in a name", target("/?a;b=2"), canonical.BadQuery},
		{"bad escape in a name", target("/?%g0=1"), canonical.BadQuery},
		{"bad escape in a value", target("/?a=%1"), canonical.BadQuery},
		{"escape cut by =", target("/?a%2=0"), canonical.BadQuery},
		{"escaped NUL in the query", target("/?a=%00"), canonical.BadQuery},
		{"invalid UTF-8 in the query", target("/?a=%ff"), canonical.BadQuery},
		{"UTF-8 across name and value", target("/?%c3=%bc"), canonical.BadQuery},

		{"control character in a value", add("X-Other", "a\x01"), canonical.BadHeader},
		{"line feed in a value", add("X-Other", "a\nb"), canonical.BadHeader},
		{"carriage return in a value", add("X-Other", "a\rb"), canonical.BadHeader},
		{"DEL in a value", add("X-Other", "a\x7f"), canonical.BadHeader},
		{"name with a space", add("X Other", "a"), canonical.BadHeader},
		{"name with a colon", add(":path", "/"), canonical.BadHeader},
		{"empty name", add("", "a"), canonical.BadHeader},
		{"second Authorization", add("Authorization", "Bearer x"), canonical.BadHeader},
		{"second Content-Type", add("Content-Type", "text/plain"), canonical.BadHeader},
		{"second Content-Encoding", func(w *wire) { w.add("Content-Encoding", "gzip"); w.add("Content-Encoding", "br") }, canonical.BadHeader},
		{"second Content-Length", func(w *wire) { w.add("Content-Length", "1"); w.add("Content-Length", "1") }, canonical.BadHeader},
		{"second date", add("X-Countersign-Date", testDate), canonical.BadHeader},
		{"second nonce", add("X-Countersign-Nonce", testNonce), canonical.BadHeader},
		{"second header of the other dialect", func(w *wire) { w.add("X-Amz-Target", "a"); w.add("X-Amz-Target", "b") }, canonical.BadHeader},
		{"undefined name of the protocol", add("X-Countersign-User", "root"), canonical.BadHeader},
		{"server time in a request", add(canonical.ServerTimeHeader, "x"), canonical.BadHeader},
		{"other Host line", add("Host", "evil.example"), canonical.BadHeader},
		{"two Host lines", func(w *wire) { w.add("Host", w.host); w.add("Host", w.host) }, canonical.BadHeader},
		{"alias of the date", add("X_Countersign_Date", testDate), canonical.BadHeader},
		{"alias of the nonce, half", add("X-Countersign_Nonce", testNonce), canonical.BadHeader},
		{"alias of the other dialect's date", add("X_Amz_Date", testDate), canonical.BadHeader},
		{"alias of a name with a prefix", add("X_Amz_Whatever", "x"), canonical.BadHeader},
		{"alias by a dot", add("X.Countersign.Date", testDate), canonical.BadHeader},
		{"alias by a tilde", add("X~Countersign~Date", testDate), canonical.BadHeader},
		{"alias of a signed name", add("X_Label", "x"), canonical.BadHeader},
		{"alias of Content-Type", add("Content_Type", "x"), canonical.BadHeader},
		{"alias of Content-Length", add("Content_Length", "0"), canonical.BadHeader},
		{"alias of Transfer-Encoding", add("Transfer_Encoding", "chunked"), canonical.BadHeader},
		{"alias of a method override", add("X_HTTP_Method_Override", "DELETE"), canonical.BadHeader},
		{"Connection names a signed header", add("Connection", "close, X-Label"), canonical.BadHeader},
		{"Connection names Authorization", add("Connection", "authorization"), canonical.BadHeader},
		{"Connection names the nonce", add("Connection", "x-countersign-nonce"), canonical.BadHeader},
		{"Connection names the other dialect", add("Connection", "X-Amz-Date"), canonical.BadHeader},
		{"second Connection line names a signed header", func(w *wire) { w.add("Connection", "close"); w.add("Connection", "\tHost ") }, canonical.BadHeader},
		{"space in the host", func(w *wire) { w.host = "api example" }, canonical.BadHeader},
		{"user in the host", func(w *wire) { w.host = "a@api.example.com" }, canonical.BadHeader},
		{"path in the host", func(w *wire) { w.host = "api.example.com/x" }, canonical.BadHeader},
		{"UTF-8 in the host", func(w *wire) { w.host = "bücher.example" }, canonical.BadHeader},
		{"long host", func(w *wire) { w.host = strings.Repeat("a", 262) }, canonical.BadHeader},
		{"authorization signed", authorization("SignedHeaders=", "SignedHeaders=authorization;"), canonical.BadHeader},
		{"connection signed", authorization("SignedHeaders=", "SignedHeaders=connection;"), canonical.BadHeader},
		{"expect signed", authorization(";host", ";expect;host"), canonical.BadHeader},
		{"trailer signed", authorization(";x-countersign-content", ";trailer;x-countersign-content"), canonical.BadHeader},
		{"transfer-encoding signed", authorization(";x-countersign-content", ";transfer-encoding;x-countersign-content"), canonical.BadHeader},

		{"trailer", add("Trailer", "X-After"), canonical.Trailer},

		{"no host", func(w *wire) { w.host = "" }, canonical.MissingHeader},
		{"no date", remove("X-Countersign-Date"), canonical.MissingHeader},
		{"no nonce", remove("X-Countersign-Nonce"), canonical.MissingHeader},
		{"signed name not sent", remove("X-Label"), canonical.MissingHeader},
		{"signed hash not sent", remove("X-Countersign-Content-Sha256"), canonical.MissingHeader},

		{"no signature", remove("Authorization"), canonical.MissingSignature},
		{"empty Authorization", set("Authorization", ""), canonical.MissingSignature},
		{"other scheme", set("Authorization", "Bearer CS4-HMAC-SHA256"), canonical.MissingSignature},
		{"token run together", set("Authorization", "CS4-HMAC-SHA256X Credential=a"), canonical.MissingSignature},
		{"token in lower case", authorization("CS4-HMAC-SHA256", "cs4-hmac-sha256"), canonical.BadAuthorization},
		{"token alone", set("Authorization", "CS4-HMAC-SHA256"), canonical.BadAuthorization},
		{"two spaces", authorization(" Credential", "  Credential"), canonical.BadAuthorization},
		{"two spaces behind a comma", authorization(", Signed", ",  Signed"), canonical.BadAuthorization},
		{"no comma", authorization(", Signed", " Signed"), canonical.BadAuthorization},
		{"other order", authorization("Credential", "SignedHeaders=host, Credential"), canonical.BadAuthorization},
		{"name in lower case", authorization("Signature", "signature"), canonical.BadAuthorization},
		{"second Signature", authorization(", Signature", ", Signature="+emptyHash+", Signature"), canonical.BadAuthorization},
		{"something behind", func(w *wire) { w.headers[len(w.headers)-1].value += ", x=y" }, canonical.BadAuthorization},
		{"short signature", func(w *wire) {
			h := &w.headers[len(w.headers)-1]
			h.value = h.value[:len(h.value)-1]
		}, canonical.BadAuthorization},
		{"signature in upper case", func(w *wire) {
			h := &w.headers[len(w.headers)-1]
			before, signature, _ := strings.Cut(h.value, "Signature=")
			h.value = before + "Signature=" + strings.ToUpper(signature)
		}, canonical.BadAuthorization},
		{"no key id", authorization(testKeyID, ""), canonical.BadAuthorization},
		{"key id is a dot", authorization(testKeyID, "."), canonical.BadAuthorization},
		{"key id is two dots", authorization(testKeyID, ".."), canonical.BadAuthorization},
		{"key id with an escape", authorization(testKeyID, "a%2e"), canonical.BadAuthorization},
		{"long key id", authorization(testKeyID, strings.Repeat("k", 129)), canonical.BadAuthorization},
		{"scope with four parts", authorization("/live", ""), canonical.BadAuthorization},
		{"scope with six parts", authorization("/live", "/live/live"), canonical.BadAuthorization},
		{"impossible day", authorization("20261120", "20261131"), canonical.BadAuthorization},
		{"region in upper case", authorization("/live/", "/LIVE/"), canonical.BadAuthorization},
		{"empty service", authorization("/orders/", "//"), canonical.BadAuthorization},
		{"s3", authorization("/orders/", "/s3/"), canonical.BadAuthorization},
		{"service that begins with s3", authorization("/orders/", "/s3-object-lambda/"), canonical.BadAuthorization},
		{"terminator of the other dialect", authorization("cs4_request", "aws4_request"), canonical.BadAuthorization},
		{"no signed headers", func(w *wire) {
			w.remove("Authorization")
			w.add("Authorization", "CS4-HMAC-SHA256 Credential="+cs4Scope.credential()+", SignedHeaders=, Signature="+emptyHash)
		}, canonical.BadAuthorization},
		{"signed name in upper case", authorization("content-type;", "Content-type;"), canonical.BadAuthorization},
		{"signed names unsorted", authorization("content-type;host;", "host;content-type;"), canonical.BadAuthorization},
		{"signed name twice", authorization("host;", "host;host;"), canonical.BadAuthorization},
		{"empty signed name", authorization("host;", "host;;"), canonical.BadAuthorization},
		{"signed name with a space", authorization("host;", "host; "), canonical.BadAuthorization},
		{"signed name with a colon", authorization("content-type;", ":path;content-type;"), canonical.BadAuthorization},

		{"date with a fraction", set("X-Countersign-Date", "20261120T093000.5Z"), canonical.BadTime},
		{"extended date", set("X-Countersign-Date", "2026-11-20T09:30:00Z"), canonical.BadTime},
		{"empty date", set("X-Countersign-Date", ""), canonical.BadTime},
		{"leap second", set("X-Countersign-Date", "20261120T235960Z"), canonical.BadTime},
		{"short nonce", set("X-Countersign-Nonce", strings.Repeat("n", 15)), canonical.BadNonce},
		{"long nonce", set("X-Countersign-Nonce", strings.Repeat("n", 129)), canonical.BadNonce},
		{"nonce with a space", set("X-Countersign-Nonce", "0123456789 0123456789"), canonical.BadNonce},
		{"empty nonce", set("X-Countersign-Nonce", ""), canonical.BadNonce},
		{"empty hash", set("X-Countersign-Content-Sha256", ""), canonical.BadPayloadHash},
		{"hash in upper case", set("X-Countersign-Content-Sha256", strings.ToUpper(emptyHash)), canonical.BadPayloadHash},
		{"short hash", set("X-Countersign-Content-Sha256", emptyHash[1:]), canonical.BadPayloadHash},
		{"streaming", set("X-Countersign-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), canonical.BadPayloadHash},
		{"unsigned in lower case", set("X-Countersign-Content-Sha256", "unsigned-payload"), canonical.BadPayloadHash},

		{"date of the other dialect", add("X-Amz-Date", testDate), canonical.MixedModes},
		{"nonce of the other dialect", add("X-Amz-Nonce", testNonce), canonical.MixedModes},
		{"hash of the other dialect", add("X-Amz-Content-Sha256", emptyHash), canonical.MixedModes},
		{"presigned parameter", target("/?X-Countersign-Date=" + testDate), canonical.MixedModes},
		{"presigned parameter of the other dialect", target("/?X-Amz-Expires=1"), canonical.MixedModes},
		{"presigned parameter in lower case", target("/?x-amz-expires=1"), canonical.MixedModes},
		{"presigned parameter escaped", target("/?%58%2DAmz%2dExpires=1"), canonical.MixedModes},
		{"undefined parameter with a prefix", target("/?X-CounterSign-=1"), canonical.MixedModes},

		{"host unsigned", authorization(";host", ""), canonical.UnsignedHeader},
		{"date unsigned", authorization(";x-countersign-date", ""), canonical.UnsignedHeader},
		{"nonce unsigned", authorization(";x-countersign-nonce", ""), canonical.UnsignedHeader},
		{"hash unsigned", authorization(";x-countersign-content-sha256", ""), canonical.UnsignedHeader},
		{"Content-Type unsigned", authorization("content-type;", ""), canonical.UnsignedHeader},
		{"Content-Encoding unsigned", add("Content-Encoding", "gzip"), canonical.UnsignedHeader},
		{"method override unsigned", add("X-HTTP-Method-Override", "DELETE"), canonical.UnsignedHeader},
		{"method override unsigned, second spelling", add("X-HTTP-Method", "DELETE"), canonical.UnsignedHeader},
		{"method override unsigned, third spelling", add("X-Method-Override", "DELETE"), canonical.UnsignedHeader},

		{"long target", target("/" + strings.Repeat("a", 16<<10)), canonical.LimitExceeded},
		{"many parameters", target("/?" + strings.Repeat("a&", 256) + "a"), canonical.LimitExceeded},
		{"many header lines", func(w *wire) {
			for range 100 {
				w.add("X-Many", "x")
			}
		}, canonical.LimitExceeded},
		{"many header bytes", add("X-Long", strings.Repeat("x", 32<<10)), canonical.LimitExceeded},
		{"many signed names", func(w *wire) {
			w.replace("Authorization", "SignedHeaders=", "SignedHeaders="+names(65))
			w.add("A000", "x")
			for i := range 65 {
				w.add(fmt.Sprintf("A%03d", i), "x")
			}
		}, canonical.LimitExceeded},
		{"long signed name", authorization(";x-label", ";x-label;"+strings.Repeat("y", 129)), canonical.LimitExceeded},
		{"many connection options", add("Connection", strings.Repeat("a,", 64)), canonical.LimitExceeded},

		{"day of another date", authorization("/20261120/", "/20261119/"), canonical.WrongScope},
	})
}

func TestParseRefusesInAWS4(t *testing.T) {
	runRefusals(t, signedByHeader(aws4Scope, post, "rule"), []refusal{
		{"prefixed header unsigned", func(w *wire) { w.add("X-Amz-Target", "x") }, canonical.UnsignedHeader},
		{"security token unsigned", func(w *wire) { w.add("X-Amz-Security-Token", "x") }, canonical.UnsignedHeader},
		{"hash unsigned", func(w *wire) { w.replace("Authorization", ";x-amz-content-sha256", "") }, canonical.UnsignedHeader},
		{"date of the other dialect", func(w *wire) { w.add("X-Countersign-Date", testDate) }, canonical.MixedModes},
		{"nonce of the other dialect", func(w *wire) { w.add("X-Countersign-Nonce", testNonce) }, canonical.MixedModes},
		{"undefined name of the protocol", func(w *wire) { w.add("X-Countersign-User", "root") }, canonical.BadHeader},
		{"alias of the other dialect's nonce", func(w *wire) { w.add("X_Countersign_Nonce", testNonce) }, canonical.BadHeader},
		{"Date instead of X-Amz-Date", func(w *wire) { w.remove("X-Amz-Date"); w.add("Date", testDate) }, canonical.MissingHeader},
	})
}

func TestParseRefusesInPresignedMode(t *testing.T) {
	base := signedByQuery(cs4Scope, get)
	retarget := func(old, replacement string) func(w *wire) { return func(w *wire) { w.retarget(old, replacement) } }
	append_ := func(more string) func(w *wire) { return func(w *wire) { w.target += more } }
	add := func(name, value string) func(w *wire) { return func(w *wire) { w.add(name, value) } }
	runRefusals(t, base, []refusal{
		{"Authorization as well", add("Authorization", "CS4-HMAC-SHA256 Credential=a"), canonical.MixedModes},
		{"Basic authorization as well", add("Authorization", "Basic eA=="), canonical.MixedModes},
		{"date header", add("X-Countersign-Date", testDate), canonical.MixedModes},
		{"nonce header", add("X-Countersign-Nonce", testNonce), canonical.MixedModes},
		{"hash header", add("X-Countersign-Content-Sha256", emptyHash), canonical.MixedModes},
		{"hash header of the other dialect", add("X-Amz-Content-Sha256", emptyHash), canonical.MixedModes},
		{"parameter of the other dialect", append_("&X-Amz-Date=" + testDate), canonical.MixedModes},
		{"parameter of the other dialect first", retarget("?", "?X-Amz-Date=x&"), canonical.MixedModes},
		{"no signature", retarget("X-Countersign-Signature=", "Signature="), canonical.MissingSignature},
		{"no algorithm", retarget("X-Countersign-Algorithm=", "Algorithm="), canonical.BadAuthorization},
		{"algorithm of the other dialect", retarget("=CS4-", "=AWS4-"), canonical.BadAuthorization},
		{"no credential", retarget("X-Countersign-Credential=", "Credential="), canonical.MissingHeader},
		{"no date", retarget("X-Countersign-Date=", "Date="), canonical.MissingHeader},
		{"no nonce", retarget("X-Countersign-Nonce=", "Nonce="), canonical.MissingHeader},
		{"no expiry", retarget("X-Countersign-Expires=", "Expires="), canonical.MissingHeader},
		{"no signed headers", retarget("X-Countersign-SignedHeaders=", "SignedHeaders="), canonical.MissingHeader},
		{"empty signed headers", retarget("SignedHeaders=host", "SignedHeaders="), canonical.BadAuthorization},
		{"signed name not sent", retarget("SignedHeaders=host", "SignedHeaders=accept%3Bhost"), canonical.MissingHeader},
		{"host unsigned", func(w *wire) { w.retarget("SignedHeaders=host", "SignedHeaders=accept"); w.add("Accept", "x") }, canonical.UnsignedHeader},
		{"bad signature", append_("0"), canonical.BadAuthorization},
		{"bad credential", retarget("%2Flive", ""), canonical.BadAuthorization},
		{"bad date", retarget("T0930", "T2530"), canonical.BadTime},
		{"bad nonce", retarget("Nonce="+testNonce, "Nonce=x"), canonical.BadNonce},
		{"empty hash", append_("&X-Countersign-Content-Sha256="), canonical.BadPayloadHash},
		{"hash without value", append_("&X-Countersign-Content-Sha256"), canonical.BadPayloadHash},
		{"bad hash", append_("&X-Countersign-Content-Sha256=x"), canonical.BadPayloadHash},
		{"expiry of zero", retarget("Expires=300", "Expires=0"), canonical.BadExpires},
		{"expiry with a leading zero", retarget("Expires=300", "Expires=0300"), canonical.BadExpires},
		{"negative expiry", retarget("Expires=300", "Expires=-300"), canonical.BadExpires},
		{"expiry with a sign", retarget("Expires=300", "Expires=%2B300"), canonical.BadExpires},
		{"empty expiry", retarget("Expires=300", "Expires="), canonical.BadExpires},
		{"expiry beyond the cap", retarget("Expires=300", "Expires=901"), canonical.BadExpires},
		{"expiry beyond the protocol", retarget("Expires=300", "Expires=604801"), canonical.BadExpires},
		{"expiry that overflows", retarget("Expires=300", "Expires=18446744073709551916"), canonical.BadExpires},
		{"expiry twice", append_("&X-Countersign-Expires=300"), canonical.BadExpires},
		{"date twice", append_("&X-Countersign-Date=" + testDate), canonical.BadQuery},
		{"signature twice", append_("&X-Countersign-Signature=" + emptyHash), canonical.BadQuery},
		{"name in lower case", append_("&x-countersign-content-sha256=" + emptyHash), canonical.BadQuery},
		{"name in other case", append_("&X-Countersign-content-sha256=" + emptyHash), canonical.BadQuery},
		{"name escaped", append_("&X-Countersign-Content%2DSha256=" + emptyHash), canonical.BadQuery},
		{"prefix escaped", append_("&X%2DCountersign-Content-Sha256=" + emptyHash), canonical.BadQuery},
		{"signature escaped", retarget("X-Countersign-Signature", "X-Countersign-%53ignature"), canonical.BadQuery},
		{"undefined name", append_("&X-Countersign-User=root"), canonical.BadQuery},
		{"Content-Type unsigned", add("Content-Type", "text/plain"), canonical.UnsignedHeader},
		{"scope of another day", retarget("%2F20261120", "%2F20261121"), canonical.WrongScope},
	})

	aws := signedByQuery(aws4Scope, get)
	runRefusals(t, aws, []refusal{
		{"other X-Amz parameter twice", append_("&X-Amz-Security-Token=a&X-Amz-Security-Token=b"), canonical.BadQuery},
		{"other X-Amz parameter in lower case", append_("&x-amz-security-token=a"), canonical.BadQuery},
		{"undefined name of the other dialect", append_("&X-Countersign-User=root"), canonical.MixedModes},
		{"prefixed header unsigned", add("X-Amz-Target", "x"), canonical.UnsignedHeader},
		{"name escaped", append_("&X-Amz-%44ate=" + testDate), canonical.BadQuery},
		{"other X-Amz parameter escaped", append_("&X-Amz-Security%2DToken=a"), canonical.BadQuery},
		{"other X-Amz parameter once", append_("&X-Amz-Security-Token=a"), ""},
	})
}

func runRefusals(t *testing.T, base wire, cases []refusal) {
	for _, c := range cases {
		t.Run(c.about, func(t *testing.T) {
			w := base.clone()
			c.edit(&w)
			var r canonical.Request
			assertRefused(t, &r, r.Parse(w.message(), &canonical.Rules{}), c.want)
		})
	}
}

// assertRefused checks the reason, "" for none, and that nothing is left in a refused request.
func assertRefused(t *testing.T, r *canonical.Request, err error, want canonical.Reason) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	var refused *canonical.Error
	require.True(t, errors.As(err, &refused), "%v is no *Error", err)
	assert.Equal(t, want, refused.Reason, refused.Detail)
	assert.NotEmpty(t, refused.Detail)
	assert.True(t, refused.Reason.Known())
	assertEmpty(t, r)
}

func assertEmpty(t *testing.T, r *canonical.Request) {
	t.Helper()
	value := reflect.ValueOf(*r)
	for i := range value.NumField() {
		if field := value.Type().Field(i); field.IsExported() {
			assert.True(t, value.Field(i).IsZero(), "%s survives the refusal", field.Name)
		}
	}
	assert.Empty(t, r.Forms())
	assert.False(t, r.Signs("host"))
}
