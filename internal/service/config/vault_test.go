package config

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const vaultSample = `keys:
  vault:
    address: https://vault.example:8200
    namespace: team
    mount: kv
    prefix: orders/keys
    tls: {ca: vault-ca.pem}
    auth: {approle: {role_id: 1234, secret_id_file: secret-id, mount: apps}}
    overlap: 48h
    refresh: 10s
    max_stale: 5m`

func withVault(block string) string {
	return strings.Replace(sample, "keys: {file: keys.yaml}", block, 1)
}

func TestParseReadsTheVaultBlock(t *testing.T) {
	c, err := Parse([]byte(withVault(vaultSample)))
	require.NoError(t, err)
	c.resolve("/srv")
	assert.Equal(t, Keys{Vault: &Vault{
		Address: "https://vault.example:8200", Namespace: "team", Mount: "kv", Prefix: "orders/keys", TLS: &VaultTLS{CA: "/srv/vault-ca.pem"},
		Auth:    &VaultAuth{AppRole: &VaultAppRole{RoleID: "1234", SecretIDFile: "/srv/secret-id", Mount: "apps"}},
		Overlap: Duration{"48h", 48 * time.Hour}, Refresh: Duration{"10s", 10 * time.Second}, MaxStale: Duration{"5m", 5 * time.Minute},
	}}, c.Keys)

	c, err = Parse([]byte(withVault("keys: {vault: {auth: {kubernetes: {role: orders, token_file: token}}}}")))
	require.NoError(t, err)
	c.resolve("/srv")
	assert.Equal(t, &VaultKubernetes{Role: "orders", TokenFile: "/srv/token"}, c.Keys.Vault.Auth.Kubernetes)
	c, err = Parse([]byte(withVault("keys: {vault: {auth: {token_file: /run/token}}}")))
	require.NoError(t, err)
	assert.Equal(t, "/run/token", c.Keys.Vault.Auth.TokenFile)
	c, err = Parse([]byte(withVault("keys: {vault: {}}")))
	require.NoError(t, err)
	c.resolve("/srv")
	assert.Equal(t, Keys{Vault: &Vault{}}, c.Keys, "all of it from the environment")
}

func TestParseReadsTheBlockInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	_, block, found := strings.Cut(string(readme), "```yaml\nkeys:\n")
	require.True(t, found)
	block, _, _ = strings.Cut(block, "```")
	c, err := Parse([]byte(withVault("keys:\n" + block)))
	require.NoError(t, err)
	assert.Equal(t, 10*time.Minute, c.Keys.Vault.MaxStale.D)
}

func TestParseNamesTheFaultOfTheVaultBlock(t *testing.T) {
	for block, says := range map[string]string{
		"keys: {file: keys.yaml, vault: {}}":                            "one place",
		"keys: {vault: }":                                               "one place",
		"keys: {vault: {adress: 'https://v'}}":                          `line 7: unknown field "adress"`,
		"keys: {vault: {address: 'vault.example'}}":                     "keys.vault.address",
		"keys: {vault: {address: 'https://user:pass@vault.example'}}":   "keys.vault.address",
		"keys: {vault: {tls: {}}}":                                      "keys.vault.tls",
		"keys: {vault: {auth: {}}}":                                     "keys.vault.auth",
		"keys: {vault: {auth: {token: hvs.secret}}}":                    `unknown field "token"`,
		"keys: {vault: {auth: {token_file: a, kubernetes: {role: b}}}}": "says 2",
		"keys: {vault: {auth: {approle: {role_id: a}}}}":                "secret_id_file",
		"keys: {vault: {auth: {approle: {secret_id_file: a}}}}":         "role_id",
		"keys: {vault: {auth: {approle: {role_id: a, secret_id: b}}}}":  `unknown field "secret_id"`,
		"keys: {vault: {auth: {kubernetes: {mount: a}}}}":               "needs role",
		"keys: {vault: {overlap: 1s}}":                                  "keys.vault.overlap",
		"keys: {vault: {refresh: 30}}":                                  "keys.vault.refresh",
		"keys: {vault: {refresh: 0s}}":                                  "keys.vault.refresh",
		"keys: {vault: {max_stale: -1m}}":                               "keys.vault.max_stale",
		"keys: {vault: {max_stale: [1m]}}":                              "keys.vault.max_stale",
		"keys: {vault: [a]}":                                            "line 7",
	} {
		c, err := Parse([]byte(withVault(block)))
		assert.Nil(t, c)
		require.Error(t, err, block)
		assert.Contains(t, err.Error(), says, block)
		assert.NotContains(t, err.Error(), "hvs.secret")
		assert.NotContains(t, err.Error(), "\n")
	}
}
