package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCommittedCorpusIsTheGeneratedOne(t *testing.T) {
	const fix = "run go run ./testvectors/generate"
	files, err := corpus()
	require.NoError(t, err)
	committed := os.DirFS("..")
	for name, content := range files {
		text, err := fs.ReadFile(committed, name)
		if assert.NoError(t, err, fix) {
			assert.Equal(t, string(content), string(text), "%s: %s", name, fix)
		}
	}
	for _, folder := range []string{"accept", "refuse"} {
		err := fs.WalkDir(committed, folder, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				assert.Contains(t, files, name, fix)
			}
			return err
		})
		require.NoError(t, err)
	}
}

func TestRunLeavesNoStaleCase(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "refuse", "path", "stale.txt")
	require.NoError(t, os.MkdirAll(filepath.Dir(stale), 0o755))
	require.NoError(t, os.WriteFile(stale, []byte("stale"), 0o644))
	require.NoError(t, run(dir))
	assert.NoFileExists(t, stale)
	assert.FileExists(t, filepath.Join(dir, "accept", "path", "plain.txt"))
	assert.FileExists(t, filepath.Join(dir, "verifier.json"))
}

// The vectors are an oracle only as long as their generator shares no code with what they test.
func TestGeneratorUsesTheStandardLibraryAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	assert.Equal(t, []string{"github.com/countersign-dev/countersign/testvectors/generate"}, strings.Fields(string(out)))
}

func TestCorpusRefusesAFormThatIsTheRule(t *testing.T) {
	r := newRecipe("path/plain")
	require.NoError(t, r.checkForm())
	r.form = formAsSent
	assert.Error(t, r.checkForm())
	r.target = "/v1/orders?b=2&a=1"
	assert.NoError(t, r.checkForm())
}
