package canonical_test

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

const dateLayout = "20060102T150405Z"

// checkDate compares ParseDate with time.Parse, which is lenient only about fractions of a second.
func checkDate(t *testing.T, s string) {
	t.Helper()
	got, err := canonical.ParseDate(s)
	want, wantErr := time.Parse(dateLayout, s)
	if len(s) != len(dateLayout) || wantErr != nil {
		if err == nil || !got.IsZero() {
			t.Fatalf("%q is taken for %v", s, got)
		}
		return
	}
	if err != nil || !got.Equal(want) || got.Location() != time.UTC || canonical.FormatDate(got) != s {
		t.Fatalf("%q gives %v, %v, not %v", s, got, err, want)
	}
}

func TestParseDateAgreesWithTheStandardLibrary(t *testing.T) {
	for year := range 10_000 {
		for _, day := range []string{"0228", "0229", "0230", "1231"} {
			checkDate(t, string([]byte{'0' + byte(year/1000), '0' + byte(year/100%10), '0' + byte(year/10%10), '0' + byte(year%10)})+day+"T000000Z")
		}
	}
	for month := range 14 {
		for day := range 33 {
			checkDate(t, "2026"+two(month)+two(day)+"T235959Z")
		}
	}
	for i := range 100 {
		checkDate(t, "20261120T"+two(i)+"0000Z")
		checkDate(t, "20261120T00"+two(i)+"00Z")
		checkDate(t, "20261120T0000"+two(i)+"Z")
	}
	mutations("20240229T235959Z", func(s string) { checkDate(t, s) })
	random := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		at := time.Unix(random.Int64N(253402300800), random.Int64N(1e9)).In(time.FixedZone("", int(random.Int64N(20_000))))
		assert.Equal(t, at.UTC().Format(dateLayout), canonical.FormatDate(at))
		checkDate(t, canonical.FormatDate(at))
	}
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func two(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

func TestServerTimeIsForOneRequestAlone(t *testing.T) {
	key := canonical.NewSecret(testSecret).SigningKey(canonical.CS4, testScope)
	now := time.Date(2026, 11, 20, 9, 40, 0, 999, time.FixedZone("", 3600))
	signature, other := emptyHash, refHash("other")
	served := canonical.NewServerTime(key, canonical.CS4, signature, now, now.Add(-300*time.Second))
	assert.Equal(t, "20261120T084000Z", canonical.FormatDate(served.Now), "rounded down")
	assert.Equal(t, "20261120T083501Z", canonical.FormatDate(served.Earliest), "rounded up")

	parsed, err := canonical.ParseServerTime(served.String())
	require.NoError(t, err)
	assert.Equal(t, served, parsed)
	assert.Equal(t, served.String(), parsed.String())
	assert.True(t, parsed.Verify(key, canonical.CS4, signature))
	assert.False(t, parsed.Verify(key, canonical.CS4, other), "another request")
	assert.False(t, parsed.Verify(key, canonical.AWS4, signature), "another dialect")
	assert.False(t, parsed.Verify(canonical.NewSecret("x").SigningKey(canonical.CS4, testScope), canonical.CS4, signature), "another secret")
	nextDay := testScope
	nextDay.Date = "20261121"
	assert.False(t, parsed.Verify(canonical.NewSecret(testSecret).SigningKey(canonical.CS4, nextDay), canonical.CS4, signature), "another scope")
	assert.False(t, canonical.ServerTime{}.Verify(key, canonical.CS4, signature), "zero value")
	assert.False(t, canonical.ServerTime{Now: parsed.Now, Earliest: parsed.Earliest}.Verify(key, canonical.CS4, signature), "no MAC")

	mutations(served.String(), func(s string) {
		altered, err := canonical.ParseServerTime(s)
		if err != nil {
			assert.Equal(t, canonical.ServerTime{}, altered)
			return
		}
		if altered != served && altered.Verify(key, canonical.CS4, signature) {
			t.Errorf("%q verifies", s)
		}
	})
}

// A signature is never the MAC of a time, nor the other way round.
func TestServerTimeIsNoSignature(t *testing.T) {
	key := canonical.NewSecret(testSecret).SigningKey(canonical.CS4, testScope)
	now := time.Date(2026, 11, 20, 9, 40, 0, 0, time.UTC)
	served := canonical.NewServerTime(key, canonical.CS4, emptyHash, now, now).String()
	var r canonical.Request
	require.NoError(t, r.Parse(signedByHeader(cs4Scope, get, "rule").message(), &canonical.Rules{}))
	toSign := string(r.AppendStringToSign(nil, r.AppendCanonical(nil, canonical.RuleForm, emptyHash)))
	assert.True(t, strings.HasPrefix(toSign, "CS4-HMAC-SHA256\n"))
	message := "CS4-HMAC-SHA256-TIME\n20261120T094000Z\n20261120T094000Z\n" + emptyHash
	sum := key.Sum([]byte(message))
	assert.Contains(t, served, "mac="+hexOf(sum[:]))
}

func TestAuthorizationIsWrittenAsItIsRead(t *testing.T) {
	for _, scope := range []referenceScope{cs4Scope, aws4Scope} {
		signed := signedByHeader(scope, post, "rule")
		text := signed.headers[len(signed.headers)-1].value
		for _, spelling := range []string{text, strings.ReplaceAll(text, ", ", ","), strings.Replace(text, ", ", ",", 1)} {
			a, err := canonical.ParseAuthorization(spelling)
			require.NoError(t, err)
			assert.Equal(t, text, a.String())
			assert.Equal(t, "x"+text, string(a.Append([]byte("x"))))
			assert.Equal(t, testKeyID, a.KeyID)
			assert.Equal(t, testScope, a.Scope)
			assert.Equal(t, scope.algorithm, a.Dialect.Names().Algorithm)
		}
	}
}
