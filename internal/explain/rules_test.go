package explain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// TestRulesChangeTheVerdict as they change the verifier's.
func TestRulesChangeTheVerdict(t *testing.T) {
	slash := request{target: "/a%2Fb", path: "/a%252Fb"}.wire(t, nil)
	unsigned := request{header: "-Idempotency-Key: 1\n"}.wire(t, nil)
	tests := []struct {
		name, wire string
		rules      canonical.Rules
		reason     canonical.Reason // "" means a match
	}{
		{"encoded slash", slash, canonical.Rules{}, canonical.BadPath},
		{"encoded slash", slash, canonical.Rules{EncodedSlash: true}, ""},
		{"required", unsigned, canonical.Rules{}, ""},
		{"required", unsigned, canonical.Rules{RequireSigned: []string{"Idempotency-Key"}}, canonical.UnsignedHeader},
	}
	for _, test := range tests {
		report := Explain(read(t, test.wire), Options{Secret: testSecret, Rules: test.rules})
		if test.reason == "" {
			assert.Equal(t, Match, report.Verdict, "%s: %v", test.name, report.Problems)
			continue
		}
		require.Len(t, report.Problems, 1, test.name)
		assert.Equal(t, test.reason, report.Problems[0].Reason)
	}
}

// TestRulesOfTheCapAndTheNonce: the defaults are a verifier's.
func TestRulesOfTheCapAndTheNonce(t *testing.T) {
	presigned := specExample(t, "presigned-target")
	in := func() *Input {
		return read(t, "GET "+strings.Replace(presigned, "Expires=300", "Expires=3600", 1)+" HTTP/1.1\nHost: api.example.com\n\n")
	}
	report := Explain(in(), Options{})
	require.Len(t, report.Problems, 1)
	assert.Equal(t, canonical.BadExpires, report.Problems[0].Reason)
	assert.Empty(t, Explain(in(), Options{Rules: canonical.Rules{MaxExpires: 3600}}).Problems)

	without := "GET / HTTP/1.1\nHost: a\nX-Amz-Date: 20261120T093000Z\nAuthorization: AWS4-HMAC-SHA256 Credential=ck/20261120/live/orders/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + strings.Repeat("0", 64) + "\n\n"
	report = Explain(read(t, without), Options{})
	require.Len(t, report.Problems, 1)
	assert.Equal(t, canonical.MissingHeader, report.Problems[0].Reason)
	assert.NotNil(t, report.Signature, "all else is explained nevertheless")
	report = Explain(read(t, without), Options{Rules: canonical.Rules{SignatureNonce: true}})
	assert.Empty(t, report.Problems)
	assert.False(t, report.Signature.Nonce)
}
