package canonical_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/countersign-dev/countersign/canonical"
)

// FuzzParsePresigned fuzzes the parameters of a presigned request one by one.
func FuzzParsePresigned(f *testing.F) {
	f.Add("CS4-HMAC-SHA256", "ck_live_a%2F20261120%2Flive%2Forders%2Fcs4_request", testDate, testNonce, "300", "host", "", emptyHash, "", false)
	f.Add("AWS4-HMAC-SHA256", "ck/20261120/live/orders/aws4_request", testDate, testNonce, "900", "accept%3Bhost", "UNSIGNED-PAYLOAD", emptyHash,
		"&X-Amz-Security-Token=a&x=1", true)
	f.Add("AWS4-HMAC-SHA256", "a+b", "20260229T000000Z", "short", "0300", "host;x-a", emptyHash, "", "&X-Amz-Expires=1", true)
	for _, more := range []string{"&X-Amz-expires=300", "&X-Amz-%45xpires=300", "&x-amz-tag=1", "&X-Amz-Tag=1&X-Amz-Tag=1", "&X-Countersign-Tag=1"} {
		f.Add("AWS4-HMAC-SHA256", "ck/20261120/live/orders/aws4_request", testDate, "", "300", "host", "", emptyHash, more, true)
	}
	f.Fuzz(func(t *testing.T, algorithm, credential, date, nonce, expires, signedHeaders, hash, signature, more string, aws bool) {
		prefix := map[bool]string{false: "X-Countersign-", true: "X-Amz-"}[aws]
		w := wire{method: "GET", host: "api.example.com", headers: []header{{"Accept", "a"}, {"X-A", "b"}}}
		w.target = "/v1?" + prefix + "Algorithm=" + algorithm + "&" + prefix + "Credential=" + credential + "&" + prefix + "Date=" + date +
			"&" + prefix + "Expires=" + expires + "&" + prefix + "SignedHeaders=" + signedHeaders + "&" + prefix + "Signature=" + signature
		if nonce != "" {
			w.target += "&" + prefix + "Nonce=" + nonce
		}
		if hash != "" {
			w.target += "&" + prefix + "Content-Sha256=" + hash
		}
		w.target += more
		var r canonical.Request
		err := r.Parse(w.message(), &canonical.Rules{SignatureNonce: true})
		if admits := refAdmits(w, refRules{signatureNonce: true}); admits != (err == nil) {
			t.Fatalf("the reference admits: %v; Parse: %v, %s", admits, err, w.target)
		}
		if err != nil {
			assertEmpty(t, &r)
			return
		}
		assert.Equal(t, refCanonical(w, "rule", r.SignedHeaders, hash), string(r.AppendCanonical(nil, canonical.RuleForm, hash)))
		assert.Equal(t, expires, strconv.Itoa(int(r.Expires/time.Second)))
		assert.Equal(t, nonce == "", r.SignatureNonce)
		checkPieces(t, &r)
	})
}

// FuzzGrammar holds each piece's grammar against the reference's.
func FuzzGrammar(f *testing.F) {
	for _, text := range []string{"", ".", "..", "...", "cs_a", "live", "s3", "s3-x", "S3", "a_b", "x-a", "Connection", "expect", testNonce, strings.Repeat("a", 129), "é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		assert.Equal(t, refAdmitsKeyID(text), canonical.ValidKeyID(text))
		assert.Equal(t, refAdmitsKeyID(text), canonical.CheckKeyID(text) == nil)
		assert.Equal(t, refNonce.MatchString(text), canonical.ValidNonce(text))
		assert.Equal(t, refScopeName.MatchString(text), canonical.ValidRegion(text))
		assert.Equal(t, refAdmitsService(text), canonical.ValidService(text))
		lower := strings.ToLower(text)
		assert.Equal(t, refSigned.MatchString(lower) && refName.MatchString(text) && !slices.Contains(refNeverSigned, lower), canonical.Signable(text))
		d, ok := canonical.ParseDialect(text)
		assert.Equal(t, text == "cs4" || text == "aws4", ok)
		if ok {
			assert.Equal(t, text, d.String())
		} else {
			assert.Zero(t, d)
		}
		if err := canonical.CheckKeyID(text); err != nil && len(text) > 8 {
			assert.NotContains(t, err.Error(), text, "it may be a secret")
		}
	})
}

// FuzzCanonicalValue holds the value of a header that stands on two lines against the reference's.
func FuzzCanonicalValue(f *testing.F) {
	f.Add("a", "", true)
	f.Add(" a \t b  c ", "\t", false)
	f.Fuzz(func(t *testing.T, first, second string, both bool) {
		w := wire{headers: []header{{"X-A", first}}}
		if both {
			w.add("x-a", second)
		}
		value := canonical.CanonicalValue(refLines(w, "x-a"))
		assert.Equal(t, refValue(w, "x-a"), value)
		if !both {
			assert.Equal(t, value, canonical.CanonicalValue([]string{value}), "it changes when it is taken twice")
		}
	})
}

func FuzzParseAuthorization(f *testing.F) {
	signed := signedByHeader(aws4Scope, post, "rule")
	f.Add(signed.headers[len(signed.headers)-1].value)
	f.Add("CS4-HMAC-SHA256 Credential=a/20261120/live/orders/cs4_request,SignedHeaders=host,Signature=" + emptyHash)
	f.Add("Bearer x")
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		a, err := canonical.ParseAuthorization(value)
		fields := refAuthorized.FindStringSubmatch(value)
		admits := fields != nil && refSHA256.MatchString(fields[4]) && refAdmitsCredential(refPieces{dialect: fields[1], credential: fields[2]})
		if admits != (err == nil) {
			t.Fatalf("the reference admits: %v; ParseAuthorization: %v", admits, err)
		}
		if err != nil {
			assert.Equal(t, canonical.Authorization{}, a)
			return
		}
		assert.Equal(t, strings.ReplaceAll(value, ", ", ","), strings.ReplaceAll(a.String(), ", ", ","))
		again, err := canonical.ParseAuthorization(a.String())
		assert.NoError(t, err)
		assert.Equal(t, a, again)
	})
}

func FuzzParseDate(f *testing.F) {
	for _, date := range []string{testDate, "20240229T235959Z", "00000101T000000Z", "20261120T093000.5Z", "", "2026112AT093000Z"} {
		f.Add(date)
	}
	f.Fuzz(checkDate)
}

func FuzzParseServerTime(f *testing.F) {
	f.Add("t=20261120T094000Z, earliest=20261120T093500Z, mac=" + emptyHash)
	f.Add("t=20261120T094000Z,earliest=20261120T093500Z,mac=" + emptyHash)
	f.Add("t=, earliest=, mac=")
	f.Fuzz(func(t *testing.T, value string) {
		served, err := canonical.ParseServerTime(value)
		if err != nil {
			assert.Equal(t, canonical.ServerTime{}, served)
			return
		}
		assert.Equal(t, strings.ReplaceAll(value, ", ", ","), strings.ReplaceAll(served.String(), ", ", ","))
	})
}

func FuzzParseSecret(f *testing.F) {
	f.Add(testSecret)
	f.Add("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
	f.Add("cs_live_")
	f.Fuzz(func(t *testing.T, text string) {
		secret, environment, native, err := canonical.ParseSecret(text)
		switch {
		case err != nil:
			assert.True(t, secret.IsZero() && environment == "" && !native)
		case native:
			assert.Equal(t, text, secret.Reveal())
			digits := strings.TrimPrefix(text, "cs_"+environment+"_")
			assert.Equal(t, text, refSecret(environment, digits[:52]))
		default:
			assert.Equal(t, text, secret.Reveal())
			assert.Empty(t, environment)
			assert.GreaterOrEqual(t, len(text), 32)
		}
	})
}
