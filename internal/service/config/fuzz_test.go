package config

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzFields puts any text where sizes, spans of time and Vault's address stand: each is within its
// bounds, or the configuration is refused in one line that names the field.
func FuzzFields(f *testing.F) {
	f.Add("64KiB", "48h", "https://vault.example:8200")
	f.Add("1MiB", "30s", "")
	f.Add("4096", "'10m'", "http://[::1]:8200/")
	f.Add("1EB", "1h30m", "https://user:password@vault.example")
	f.Add("-1", "9999999h", "//")
	f.Fuzz(func(t *testing.T, size, span, address string) {
		if strings.ContainsAny(size+span+address, "\r\n") {
			return // which would be another configuration
		}
		text := withVault(strings.ReplaceAll(vaultSample, "https://vault.example:8200", address))
		text = strings.NewReplacer("64KiB", size, "overlap: 48h", "overlap: "+span).Replace(text)
		c, err := Parse([]byte(text))
		if err != nil {
			require.Nil(t, c)
			require.NotContains(t, err.Error(), "\n", "errors are one line")
			return
		}
		require.True(t, c.Policy.MaxBody.N >= 0 && c.Policy.MaxBody.N <= 1<<40)
		if d := c.Keys.Vault.Overlap.D; d != 0 {
			require.True(t, d >= time.Minute && d <= 365*24*time.Hour, "%v", d)
		}
		if c.Keys.Vault.Address != "" {
			require.Regexp(t, `^(?i:https?)://[^@/]+(/.*)?`, c.Keys.Vault.Address)
		}
	})
}
