package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/testvectors"
)

func TestVectorsPassesThePublishedOnes(t *testing.T) {
	for _, arguments := range [][]string{{"vectors"}, {"vectors", "../../testvectors"}} {
		out, notes, code := invoke(t, "", arguments...)
		assert.Equal(t, exitDone, code, out)
		assert.Empty(t, notes)
		assert.Regexp(t, regexp.MustCompile(`^\d{2,} passed, 0 failed\n$`), out)
	}
	out, _, code := invoke(t, "", "vectors", "-v")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "ok   accept/body/empty.txt\n")
}

func TestVectorsNamesWhatFails(t *testing.T) {
	directory := t.TempDir()
	const name = "refuse/nonce/replayed.txt"
	text, err := fs.ReadFile(testvectors.FS, name)
	require.NoError(t, err)
	from := regexp.MustCompile(`(?m)^differs-from: (.*)$`).FindSubmatch(text)
	copyCase(t, directory, "verifier.json", "", "")
	copyCase(t, directory, string(from[1]), "", "")
	copyCase(t, directory, name, "reason: replayed", "reason: bad_nonce")
	out, _, code := invoke(t, "", "vectors", directory)
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "FAIL refuse/nonce/replayed.txt: refused as replayed, and must be refused as bad_nonce\n1 passed, 1 failed\n", out)
}

// copyCase copies a file of the corpus, with one text in it replaced.
func copyCase(t *testing.T, directory, name, old, altered string) {
	t.Helper()
	text, err := fs.ReadFile(testvectors.FS, name)
	require.NoError(t, err)
	if old != "" {
		require.Contains(t, string(text), old)
		text = []byte(strings.Replace(string(text), old, altered, 1))
	}
	path := filepath.Join(directory, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

func TestVectorsFailsWhereThereAreNone(t *testing.T) {
	empty := t.TempDir()
	headless := t.TempDir()
	copyCase(t, headless, "verifier.json", "", "")
	for _, directory := range []string{empty, headless, filepath.Join(empty, "nowhere")} {
		out, notes, code := invoke(t, "", "vectors", directory)
		assert.Equal(t, exitFailed, code)
		assert.Empty(t, out)
		assert.Contains(t, notes, "holds no vectors: it must have verifier.json, accept/ and refuse/")
		assert.Equal(t, 1, strings.Count(notes, "\n"))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(headless, "accept"), 0o755))
	_, notes, code := invoke(t, "", "vectors", headless)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, notes, "the folder accept holds no case")
	_, _, code = invoke(t, "", "vectors", "a", "b")
	assert.Equal(t, exitUsage, code)
}
