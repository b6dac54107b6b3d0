package client

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	nativeID     = canonical.FormatKeyID("live", [10]byte{1, 2, 3})
	nativeSecret = canonical.FormatSecret("live", [32]byte{1, 2, 3})
)

func TestParseCredentialsCatchesTypos(t *testing.T) {
	credentials, err := ParseCredentials(nativeID, nativeSecret)
	require.NoError(t, err)
	assert.Equal(t, nativeSecret, credentials.Secret.Reveal())
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", credentials, credentials, credentials), nativeSecret)

	for name, c := range map[string]struct {
		id, secret string
		wraps      error
	}{
		"a digit":           {nativeID, nativeSecret[:20] + "7" + nativeSecret[21:], canonical.ErrSecretChecksum},
		"cut short":         {nativeID, nativeSecret[:len(nativeSecret)-1], canonical.ErrSecretChecksum},
		"a short import":    {"partner-1", "short", canonical.ErrSecretShort},
		"no id":             {"", nativeSecret, ErrNoCredentials},
		"no secret":         {nativeID, "", ErrNoCredentials},
		"swapped with a ck": {nativeID, nativeID, canonical.ErrSecretShort},
	} {
		t.Run(name, func(t *testing.T) {
			credentials, err := ParseCredentials(c.id, c.secret)
			assert.ErrorIs(t, err, c.wraps)
			assert.Zero(t, credentials)
			assert.ErrorIs(t, NewSigner(Static(c.id, c.secret), testTarget).Check(t.Context()), c.wraps)
			if len(c.secret) > 10 {
				assert.NotContains(t, strings.ReplaceAll(err.Error(), c.id, ""), c.secret[10:])
			}
		})
	}
	_, err = ParseCredentials("a/b", nativeSecret)
	assert.ErrorContains(t, err, "key id")
}

func TestKeysOfAnotherEnvironmentAreRefused(t *testing.T) {
	_, err := ParseCredentials(canonical.FormatKeyID("test", [10]byte{}), nativeSecret)
	assert.Equal(t, canonical.KeyEnvironment, reasonOf(t, err))

	signer := NewSigner(Static(nativeID, nativeSecret), Target{Region: "test", Service: "orders"})
	err = signer.Sign(get(t, "http://127.0.0.1/"))
	assert.Equal(t, canonical.KeyEnvironment, reasonOf(t, err))
	assert.ErrorContains(t, err, "live")

	for _, id := range []string{"partner", "ck_orders_v1", "ck_", "ck_TEST_0123456789abcdef", "ck_test_0123456789ABCDEF"} {
		_, err := ParseCredentials(id, nativeSecret)
		assert.NoError(t, err, "%s does not name an environment", id)
	}
}

func setVariables(t *testing.T, variables map[string]string) {
	for _, name := range []string{variableURL, variableKeyID, variableSecret, variableRegion, variableService} {
		t.Setenv(name, variables[name])
	}
}

func TestFromEnvReadsTheVariables(t *testing.T) {
	setVariables(t, map[string]string{
		"COUNTERSIGN_URL": "http://127.0.0.1:8080", "COUNTERSIGN_KEY_ID": nativeID, "COUNTERSIGN_SECRET": nativeSecret,
		"COUNTERSIGN_REGION": "live", "COUNTERSIGN_SERVICE": "orders",
	})
	settings, err := FromEnv()
	require.NoError(t, err)
	assert.Equal(t, "http://127.0.0.1:8080", settings.URL)
	assert.Equal(t, Target{Region: "live", Service: "orders"}, settings.Target)
	assert.NoError(t, NewSigner(settings.Credentials, settings.Target).Check(t.Context()))

	setVariables(t, map[string]string{"COUNTERSIGN_KEY_ID": nativeID})
	_, err = FromEnv()
	assert.ErrorIs(t, err, ErrNoCredentials)
	assert.ErrorContains(t, err, "COUNTERSIGN_SECRET")
}

func writeFile(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "dev.env")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func TestFromFileReadsTheSavedOutputOfServe(t *testing.T) {
	setVariables(t, nil)
	settings, err := FromFile(writeFile(t, "COUNTERSIGN_URL=http://127.0.0.1:8080\n"+
		"COUNTERSIGN_KEY_ID="+nativeID+"\r\n"+
		"COUNTERSIGN_SECRET="+nativeSecret+"\n"+
		"export COUNTERSIGN_REGION='live'\n"+
		"  COUNTERSIGN_SERVICE=\"orders\"  \n"+
		"COUNTERSIGN_SERVICE=orders\n"+
		"\n# COUNTERSIGN_REGION=other\n"+
		"curl --aws-sigv4 cs:countersign:live:orders --user \"$COUNTERSIGN_KEY_ID:x\" http://127.0.0.1:8080/whoami\n"+
		"COUNTERSIGN_NONCE is made by = uuidgen\n"))
	require.NoError(t, err)
	assert.Equal(t, "http://127.0.0.1:8080", settings.URL)
	assert.Equal(t, nativeID, settings.Credentials.KeyID)
	assert.Equal(t, nativeSecret, settings.Credentials.Secret.Reveal())
	assert.Equal(t, Target{Region: "live", Service: "orders"}, settings.Target)
}

func TestFromFileRefusesWhatItCannotTrust(t *testing.T) {
	for name, c := range map[string]struct{ content, says string }{
		"two values":     {"COUNTERSIGN_SECRET=" + nativeSecret + "\nx\nCOUNTERSIGN_SECRET=other\n", "line 3: COUNTERSIGN_SECRET"},
		"a typo":         {"COUNTERSIGN_KEY_ID=" + nativeID + "\nCOUNTERSIGN_SECRET=" + nativeSecret + "x\n", "checksum"},
		"nothing in it":  {"", "COUNTERSIGN_KEY_ID is not set"},
		"too much of it": {strings.Repeat("a", maxSettingsFile+1), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			settings, err := FromFile(writeFile(t, c.content))
			assert.ErrorContains(t, err, c.says)
			assert.ErrorContains(t, err, "dev.env")
			assert.Zero(t, settings)
			assert.NotContains(t, err.Error(), nativeSecret)
		})
	}
	_, err := FromFile(filepath.Join(t.TempDir(), "missing"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestSecretInPlaceOfAnIDIsNotRepeated: key ids are sent and logged.
func TestSecretInPlaceOfAnIDIsNotRepeated(t *testing.T) {
	secret := canonical.FormatSecret("live", [32]byte{1})
	for _, source := range []CredentialSource{
		Static(secret, "ck_live_0000000000000000"), Static(secret, secret),
		Credentials{KeyID: secret, Secret: canonical.NewSecret(secret)},
	} {
		err := NewSigner(source, Target{Region: "live", Service: "orders"}).Check(t.Context())
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "cs_") {
			t.Errorf("%v", err)
		}
	}
}
