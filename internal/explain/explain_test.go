package explain

import (
	"bytes"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/testvectors"
)

// specExample returns a block of the specification's worked example.
func specExample(t *testing.T, name string) string {
	t.Helper()
	spec, err := os.ReadFile("../../canonical/SPEC.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```example " + name + "\n(.*?)\n```").FindSubmatch(spec)
	require.NotNil(t, block, "SPEC.md has no example %s", name)
	return string(block[1])
}

func exampleInput(t *testing.T) *Input {
	t.Helper()
	in, err := Read([]byte(specExample(t, "request")))
	require.NoError(t, err)
	return in
}

func TestExplainTheWorkedExample(t *testing.T) {
	report := Explain(exampleInput(t), Options{
		Now:    time.Date(2026, 11, 20, 9, 31, 0, 0, time.UTC),
		Secret: specExample(t, "secret"), KeyID: "ck_live_7h2kq9m4x8wz3n5c", Region: "live", Service: "orders",
	})
	assert.Equal(t, Match, report.Verdict)
	assert.Equal(t, "rule", report.MatchedForm)
	assert.Empty(t, report.Problems)
	assert.Empty(t, report.Notes)
	require.NotEmpty(t, report.Forms)
	assert.Equal(t, specExample(t, "canonical-request"), report.Forms[0].CanonicalRequest)
	assert.Equal(t, specExample(t, "canonical-request-hash"), report.Forms[0].CanonicalRequestSHA256)
	assert.Equal(t, specExample(t, "string-to-sign"), report.Forms[0].StringToSign)
	assert.EqualValues(t, 60, report.Signature.AgeSeconds)
	assert.True(t, report.Signature.InTime)

	var text bytes.Buffer
	require.NoError(t, report.WriteText(&text, false))
	golden, err := os.ReadFile("testdata/worked-example.txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		err = os.WriteFile("testdata/worked-example.txt", text.Bytes(), 0o644)
		golden = text.Bytes()
	}
	require.NoError(t, err)
	assert.Equal(t, string(golden), text.String())
}

// unseen are refusals that a request alone does not show: they need the key's record, the store, or
// the verifier's own limits.
var unseen = map[canonical.Reason]bool{
	canonical.FarTime: true, canonical.UnknownKey: true, canonical.KeyDisabled: true, canonical.KeyExpired: true,
	canonical.KeyEnvironment: true, canonical.KeyDialect: true, canonical.ClockSkew: true,
	canonical.PresignExpired: true, canonical.Replayed: true, canonical.SourceNotAllowed: true,
	canonical.UnsignedPayload: true, canonical.PayloadTooLarge: true,
}

// TestExplainAgreesWithTheVectors: what is accepted matches, in the form and with the canonical
// request that the vector says; what is refused is refused for the vector's reason.
func TestExplainAgreesWithTheVectors(t *testing.T) {
	set, err := testvectors.Load(testvectors.FS)
	require.NoError(t, err)
	keys := map[string]testvectors.Key{}
	for _, key := range set.Verifier.Keys {
		keys[key.ID] = key
	}
	for _, c := range set.Cases {
		in, err := Read(c.Raw)
		if c.Layer != "" { // Read takes what HTTP/1.1 can send
			continue
		}
		require.NoError(t, err, c.Name)
		options := Options{Now: c.Time, Region: set.Verifier.Region, Service: set.Verifier.Service}
		options.Rules.MaxExpires = set.Verifier.PresignMaxExpires
		for _, name := range set.Verifier.RequireSigned {
			options.Rules.RequireSigned = append(options.Rules.RequireSigned, textproto.CanonicalMIMEHeaderKey(name))
		}
		report := Explain(in, options)
		if report.Signature != nil {
			key := keys[report.Signature.KeyID]
			options.Rules.SignatureNonce = key.SignatureNonce
			for _, secret := range key.Secrets {
				if secret.NotAfter != nil && c.Time.After(*secret.NotAfter) {
					continue
				}
				options.Secret = secret.Secret
				if report = Explain(in, options); report.MatchedForm != "" {
					break
				}
			}
		}
		if c.Accepted() {
			assert.Equal(t, Match, report.Verdict, "%s: %v", c.Name, report.Problems)
			assert.Equal(t, c.Form, report.MatchedForm, c.Name)
			assert.Contains(t, hashes(report), c.CanonicalRequestSHA256, c.Name)
			continue
		}
		if unseen[canonical.Reason(c.Reason)] {
			continue
		}
		require.NotEmpty(t, report.Problems, "%s: %s", c.Name, c.Reason)
		var reasons []string
		for _, p := range report.Problems {
			reasons = append(reasons, string(p.Reason))
			assert.NotEmpty(t, p.Detail, c.Name)
			assert.NotEmpty(t, p.Fix, c.Name)
		}
		assert.Contains(t, reasons, c.Reason, c.Name)
	}
}

func hashes(report *Report) (list []string) {
	for _, form := range report.Forms {
		list = append(list, form.CanonicalRequestSHA256)
	}
	return list
}

func TestExplainWithoutSecretChecksNothing(t *testing.T) {
	report := Explain(exampleInput(t), Options{Now: time.Now()})
	assert.Equal(t, Unchecked, report.Verdict)
	assert.Empty(t, report.Problems)
	assert.False(t, report.Signature.InTime)
}

func TestExplainNamesTheScopeOfAnotherVerifier(t *testing.T) {
	report := Explain(exampleInput(t), Options{Secret: specExample(t, "secret"), Region: "test", Service: "orders"})
	assert.Equal(t, Refused, report.Verdict)
	assert.Equal(t, "rule", report.MatchedForm, "the signature itself is right")
	require.Len(t, report.Problems, 1)
	assert.Equal(t, canonical.WrongScope, report.Problems[0].Reason)
}

func TestExplainNotesAnotherKeysSecret(t *testing.T) {
	report := Explain(exampleInput(t), Options{Secret: "cs_live_mistyped", KeyID: "ck_live_another"})
	assert.Equal(t, Mismatch, report.Verdict)
	notes := strings.Join(report.Notes, "\n")
	assert.Contains(t, notes, "the secret given is that of ck_live_another")
	assert.Contains(t, notes, "mistyped or cut")
}

func TestExplainNeverPrintsTheSecret(t *testing.T) {
	secret := specExample(t, "secret")
	keys := strings.Split(specExample(t, "keys"), "\n")
	in := exampleInput(t)
	in.Message.Target = "/v1/another"
	report := Explain(in, Options{Secret: secret})
	require.Equal(t, Mismatch, report.Verdict)
	var text bytes.Buffer
	require.NoError(t, report.WriteText(&text, false))
	for _, hidden := range append(keys, secret, secret[8:]) {
		assert.NotContains(t, text.String(), hidden)
	}
	assert.NotContains(t, text.String(), specExample(t, "signature"))
}

func TestReportsAreSafeOnATerminal(t *testing.T) {
	in, err := Read([]byte("GET /\x1b[2J\u202e\xff HTTP/1.1\r\nHost: a\r\n\r\n"))
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, Explain(in, Options{}).WriteText(&text, false))
	assert.Contains(t, text.String(), `/\u001b[2J\u202e\xff`)
	assert.Contains(t, text.String(), "bad_target")
}
