package canonical_test

import (
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

const crockfordDigits = "0123456789abcdefghjkmnpqrstvwxyz"

// refBase32 writes bytes as SPEC §6 says, bit by bit.
func refBase32(data []byte) string {
	var digits strings.Builder
	for bit := 0; bit < 8*len(data); bit += 5 {
		value := 0
		for i := bit; i < bit+5; i++ {
			value <<= 1
			if i < 8*len(data) {
				value |= int(data[i/8]>>(7-i%8)) & 1
			}
		}
		digits.WriteByte(crockfordDigits[value])
	}
	return digits.String()
}

func refSecret(environment, digits string) string {
	text := "cs_" + environment + "_" + digits
	sum := crc32.ChecksumIEEE([]byte(text))
	return text + refBase32([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

func TestMadeKeysHaveTheFormOfTheSpecification(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var secret [32]byte
		var id [10]byte
		for i := range secret {
			secret[i] = byte(random.Uint32())
		}
		copy(id[:], secret[5:])
		text := canonical.FormatSecret("eu-1", secret)
		assert.Equal(t, refSecret("eu-1", refBase32(secret[:])), text)
		parsed, environment, native, err := canonical.ParseSecret(text)
		require.NoError(t, err)
		assert.True(t, native)
		assert.Equal(t, "eu-1", environment)
		assert.Equal(t, text, parsed.Reveal())
		keyID := canonical.FormatKeyID("eu-1", id)
		assert.Equal(t, "ck_eu-1_"+refBase32(id[:]), keyID)
		assert.Len(t, keyID, len("ck_eu-1_")+16)
		assert.True(t, canonical.ValidKeyID(keyID))
	}
}

// TestEveryTypoInASecretIsCaught changes, removes, doubles and swaps each character.
func TestEveryTypoInASecretIsCaught(t *testing.T) {
	refused := func(text string) {
		_, _, native, err := canonical.ParseSecret(text)
		if text == testSecret {
			return
		}
		if native || err == nil && strings.HasPrefix(text, "cs_") {
			t.Errorf("taken: %q", text)
		}
	}
	mutations(testSecret, refused)
	for i := 1; i < len(testSecret); i++ {
		refused(testSecret[:i-1] + testSecret[i:i+1] + testSecret[i-1:i] + testSecret[i+1:])
		refused(testSecret[:i])
		refused(testSecret[:i] + strings.ToUpper(testSecret[i:]))
	}
}

// A right checksum is not enough: the digits must be those of 32 bytes.
func TestParseSecretRefusesOtherDigitsWithARightChecksum(t *testing.T) {
	digits := refBase32(make([]byte, 32))
	for about, text := range map[string]string{
		"control characters":    refSecret("live", strings.Repeat("\n", 52)),
		"line end inside":       refSecret("live", digits[:51]+"\n"),
		"letter outside":        refSecret("live", digits[:51]+"u"),
		"upper case":            refSecret("live", "A"+digits[1:]),
		"bits beyond the bytes": refSecret("live", digits[:51]+"1"),
		"short":                 refSecret("live", digits[1:]),
		"long":                  refSecret("live", digits+"0"),
		"no environment":        refSecret("", digits),
		"bad environment":       refSecret("LIVE", digits),
		"two environments":      refSecret("live_test", digits),
	} {
		secret, environment, native, err := canonical.ParseSecret(text)
		assert.ErrorIs(t, err, canonical.ErrSecretChecksum, about)
		assert.True(t, secret.IsZero() && environment == "" && !native, about)
	}
	_, _, native, err := canonical.ParseSecret(refSecret("live", digits))
	assert.NoError(t, err)
	assert.True(t, native)
}

func TestParseSecretTakesImportedSecrets(t *testing.T) {
	for text, want := range map[string]error{
		"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY": nil,
		strings.Repeat("~", 32):                    nil,
		strings.Repeat("!", 1024):                  nil,
		"":                                         canonical.ErrSecretShort,
		strings.Repeat("a", 31):                    canonical.ErrSecretShort,
		strings.Repeat("a", 1025):                  canonical.ErrSecretText,
		strings.Repeat("a", 32) + "\n":             canonical.ErrSecretText,
		" " + strings.Repeat("a", 32):              canonical.ErrSecretText,
		strings.Repeat("a", 32) + "\x00":           canonical.ErrSecretText,
		strings.Repeat("ü", 32):                    canonical.ErrSecretText,
		"cs_" + strings.Repeat("a", 64):            canonical.ErrSecretChecksum,
		"cs_":                                      canonical.ErrSecretChecksum,
	} {
		secret, environment, native, err := canonical.ParseSecret(text)
		assert.ErrorIs(t, err, want, "%q", text)
		assert.False(t, native)
		assert.Empty(t, environment)
		assert.Equal(t, want == nil, !secret.IsZero())
		if want == nil {
			assert.Equal(t, text, secret.Reveal())
		}
	}
}

func TestGrammarsOfNames(t *testing.T) {
	long := strings.Repeat("a", 128)
	for id, valid := range map[string]bool{
		"a": true, "ck_live_7h2kq9m4x8wz3n5c": true, "A.b~c-d_e": true, "...": true, long: true,
		"": false, ".": false, "..": false, long + "a": false, "a/b": false, "a b": false, "a%2e": false, "ü": false, "a\n": false,
	} {
		assert.Equal(t, valid, canonical.ValidKeyID(id), "%q", id)
	}
	for nonce, valid := range map[string]bool{
		long: true, testNonce: true, "0123456789abcdef": true,
		"0123456789abcde": false, long + "a": false, "0123456789abcde/": false, "0123456789abcde ": false, "": false,
	} {
		assert.Equal(t, valid, canonical.ValidNonce(nonce), "%q", nonce)
	}
	for name, valid := range map[string]bool{"live": true, "eu-1": true, "-": true, long[:64]: true, "": false, long[:65]: false, "Live": false, "a_b": false, "a.b": false} {
		assert.Equal(t, valid, canonical.ValidRegion(name), "%q", name)
		assert.Equal(t, valid, canonical.ValidService(name), "%q", name)
	}
	for _, name := range []string{"s3", "s3-object-lambda", "s3express"} {
		assert.True(t, canonical.ValidRegion(name))
		assert.False(t, canonical.ValidService(name))
	}
}

func TestDialects(t *testing.T) {
	assert.Equal(t, []canonical.Dialect{canonical.CS4, canonical.AWS4}, canonical.Dialects())
	for _, d := range canonical.Dialects() {
		parsed, ok := canonical.ParseDialect(d.String())
		assert.True(t, ok)
		assert.Equal(t, d, parsed)
	}
	for _, name := range []string{"", "CS4", "aws", "aws4 "} {
		d, ok := canonical.ParseDialect(name)
		assert.False(t, ok)
		assert.Zero(t, d)
	}
	assert.Empty(t, canonical.Dialect(0).String())
	assert.Equal(t, canonical.DialectNames{}, *canonical.Dialect(200).Names())
	assert.Equal(t, []string{"header", "presigned", "none"},
		[]string{canonical.HeaderMode.String(), canonical.PresignedMode.String(), canonical.Mode(0).String()})
	assert.Equal(t, []string{"rule", "path-as-sent", "as-sent", "none"},
		[]string{canonical.RuleForm.String(), canonical.PathAsSentForm.String(), canonical.AsSentForm.String(), canonical.Form(9).String()})
}
