package main

import (
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
)

// TestServeRefusesWhatIsWrongInOneLine: each fault of a deployment is one line that names the fix,
// exit code 1, and leaves every file as it was.
func TestServeRefusesWhatIsWrongInOneLine(t *testing.T) {
	replace := func(old, new string) func(*testing.T, *deployment) {
		return func(t *testing.T, d *deployment) {
			text, err := os.ReadFile(d.config)
			require.NoError(t, err)
			require.Contains(t, string(text), old)
			d.write(t, strings.Replace(string(text), old, new, 1))
		}
	}
	cases := map[string]struct {
		spoil func(*testing.T, *deployment)
		says  []string
	}{
		"unknown field":       {replace("policy:", "polices:"), []string{"line 8", "polices"}},
		"unknown inner field": {replace("max_body:", "max_bodies:"), []string{"line 8", "max_bodies"}},
		"wrong type":          {replace("version: 1", "version: one"), []string{"line 1"}},
		"unknown version":     {replace("version: 1", "version: 2"), []string{"version: 1"}},
		"no region":           {replace("region: live", "region: ''"), []string{"region"}},
		"bad service":         {replace("service: orders", "service: s3-orders"), []string{"service"}},
		"no configuration": {func(t *testing.T, d *deployment) {
			require.NoError(t, os.Rename(d.config, d.config+".away"))
		}, []string{"countersign.yaml", "--config"}},
		"configuration is a directory": {func(t *testing.T, d *deployment) { d.config = d.directory }, []string{"directory", "--config"}},
		"store path below a file":      {replace("./claims", "keys.yaml/claims"), []string{"keys.yaml/claims", "directory"}},
		"bad size":                     {replace("64KiB", "much"), []string{"policy.max_body", "1MiB"}},
		"bad durability":               {replace("durability: os", "durability: none"), []string{"durability", "fsync"}},
		"not YAML":                     {replace("listen:", "listen: {"), []string{"line"}},
		"no store":                     {replace("store: {badger: {path: ./claims, durability: os, initial: new}}", ""), []string{"store"}},
		"bad header name":              {replace("idempotency-key", "'bad key'"), []string{"RequireSigned", "bad key"}},
		"no key file":                  {replace("keys.yaml", "absent.yaml"), []string{"absent.yaml"}},
		"certificate missing":          {replace("region:", "tls: {certificate: a.crt, key: a.key}\nregion:"), []string{"tls", "a.crt"}},
		"key file readable by others": {func(t *testing.T, d *deployment) {
			require.NoError(t, os.Chmod(filepath.Join(d.directory, "keys.yaml"), 0o644))
		}, []string{"keys.yaml", "chmod"}},
		"broken key file": {func(t *testing.T, d *deployment) {
			require.NoError(t, os.WriteFile(filepath.Join(d.directory, "keys.yaml"), []byte("version: 1\nkeys: [{id: a}]\n"), 0o600))
		}, []string{"keys.yaml"}},
		"port in use": {func(t *testing.T, d *deployment) {
			listener, err := net.Listen("tcp", d.listen)
			require.NoError(t, err)
			t.Cleanup(func() { listener.Close() })
		}, []string{"in use", "listen"}},
		"admin port in use": {func(t *testing.T, d *deployment) {
			listener, err := net.Listen("tcp", d.admin)
			require.NoError(t, err)
			t.Cleanup(func() { listener.Close() })
		}, []string{"in use", "admin"}},
		"data directory in use": {func(t *testing.T, d *deployment) {
			other := *d
			other.listen, other.admin = freeAddress(t), freeAddress(t)
			text, err := os.ReadFile(d.config)
			require.NoError(t, err)
			moved := strings.NewReplacer(d.listen, other.listen, d.admin, other.admin).Replace(string(text))
			other.config = filepath.Join(d.directory, "other.yaml")
			require.NoError(t, os.WriteFile(other.config, []byte(moved), 0o600))
			other.start(t)
		}, []string{"claims", "in use"}},
		"corrupt store": {func(t *testing.T, d *deployment) {
			require.Equal(t, exitDone, d.start(t).Stop())
			state := filepath.Join(d.directory, "claims", "state")
			text, err := os.ReadFile(state)
			require.NoError(t, err)
			for i := range text {
				text[i] ^= 0x55
			}
			require.NoError(t, os.WriteFile(state, text, 0o600))
		}, []string{"claims"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDeployment(t, "new")
			test.spoil(t, d)
			before := snapshot(t, d.directory)
			stdout, stderr, code := countersigntest.Run(t, "serve", "--config", d.config)
			assert.Equal(t, exitFailed, code, stderr)
			assert.Empty(t, stdout)
			var errorLines []string
			for _, line := range strings.Split(strings.TrimSpace(stderr), "\n") {
				if !strings.HasPrefix(line, "time=") { // what is not the log
					errorLines = append(errorLines, line)
				}
			}
			require.Len(t, errorLines, 1, stderr)
			assert.True(t, strings.HasPrefix(errorLines[0], "countersign: "), stderr)
			for _, word := range test.says {
				assert.Contains(t, errorLines[0], word)
			}
			t.Log(errorLines[0])
			if name != "data directory in use" { // that store is running, and moves on
				assert.Equal(t, before, snapshot(t, d.directory))
			}
		})
	}
}

// snapshot reads every file that a refused start must not change: all but a fresh store's.
func snapshot(t *testing.T, directory string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, name := range []string{"countersign.yaml", "keys.yaml", "claims/state"} {
		text, err := os.ReadFile(filepath.Join(directory, name))
		if err == nil {
			files[name] = fmt.Sprintf("%x", sha256.Sum256(text))
		}
	}
	require.NotEmpty(t, files)
	return files
}
