package interop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// TestReadmeTellsWhatWasMeasured holds the rows of README.md's table of signers against what the
// installed versions do.
func TestReadmeTellsWhatWasMeasured(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	for _, signer := range append(signers, minIO) {
		t.Run(signer, func(t *testing.T) {
			a := start(t, server.Policy{})
			usual := outcome(t, a, open(t, signer, a, ordinary), plain("0123456789abcdef"))
			nonceless := outcome(t, a, open(t, signer, a, credentials{legacyKeyID, legacySecret}), plain(""))
			content := outcome(t, a, open(t, signer, a, credentials{contentKeyID, contentSecret}), plain("0123456789abcdef"))
			if signer != minIO {
				assert.Contains(t, []canonical.Reason{"", canonical.UnsignedHeader}, content[0])
			}
			row := strings.Join([]string{
				"\n| `" + signer + "` " + version(t, signer), yes(usual[0]), "no", yes(usual[1]), yes(nonceless[0], nonceless[1]), yes(content[0]), "",
			}, " | ")
			assert.True(t, strings.Contains(string(text), row), "README.md lacks the row %q", row)
		})
	}
}

func yes(reasons ...canonical.Reason) string {
	for _, reason := range reasons {
		if reason != "" {
			return "no"
		}
	}
	return "yes"
}

// version returns the version of a signer that the tests run.
func version(t *testing.T, signer string) string {
	t.Helper()
	if inNode(signer) {
		text, err := os.ReadFile(filepath.Join("node", "package.json"))
		require.NoError(t, err)
		var manifest struct{ Dependencies map[string]string }
		require.NoError(t, json.Unmarshal(text, &manifest))
		require.NotEmpty(t, manifest.Dependencies[signer])
		return manifest.Dependencies[signer]
	}
	text, err := os.ReadFile(filepath.Join("..", "awssigner", "go.mod"))
	require.NoError(t, err)
	found := regexp.MustCompile(`\S+/` + regexp.QuoteMeta(signer) + `(?:/v\d+)? v(\S+)\n`).FindSubmatch(text)
	require.NotNil(t, found)
	return string(found[1])
}
