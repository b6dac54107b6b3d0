// Package readme runs what README.md tells its readers to run.
package readme

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/testneed"
)

func TestMain(m *testing.M) { countersigntest.Main(m) }

var root = filepath.Join("..", "..")

// blocks returns the fenced blocks of a language, in order.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	var found []string
	for _, match := range regexp.MustCompile("(?s)\n```"+language+"\n(.*?)\n```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, match[1])
	}
	require.NotEmpty(t, found, "README.md has no %s block", language)
	return found
}

// goCommand runs the go command at the root of the module.
func goCommand(t *testing.T, environment []string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command("go", arguments...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), environment...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %v: %s", arguments, out)
	return string(out)
}

// startDev runs the README's first command, and returns the directory that holds its saved standard
// output, dev.env, and the settings in it.
func startDev(t *testing.T) (directory string, settings []string) {
	t.Helper()
	directory = t.TempDir()
	s := countersigntest.StartDev(t)
	for name, value := range s.Settings {
		settings = append(settings, name+"="+value)
	}
	require.Len(t, settings, 5)
	require.NoError(t, os.WriteFile(filepath.Join(directory, "dev.env"), []byte(s.Printed()), 0o600))
	return directory, settings
}

func TestGoSnippetsCompileAndTheClientRuns(t *testing.T) {
	_, settings := startDev(t)
	for i, snippet := range blocks(t, "go") {
		file := filepath.Join(t.TempDir(), "main.go")
		require.NoError(t, os.WriteFile(file, []byte(snippet+"\n"), 0o600))
		assert.Empty(t, goCommand(t, nil, "vet", file), "snippet %d", i)
		if strings.Contains(snippet, "/client\"") {
			assert.Equal(t, "200 OK\n", goCommand(t, settings, "run", file))
		}
	}
}

// TestShellLinesRun runs every shell block in one directory, in order, as a reader would.
func TestShellLinesRun(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	program := countersigntest.Program(t)
	directory, _ := startDev(t)
	for _, block := range blocks(t, "sh") {
		cmd := exec.Command("sh", "-eu", "-c", block)
		cmd.Dir = directory
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, "%s\n%s%s", block, out, &stderr)
		if strings.Contains(block, "/whoami") {
			assert.Contains(t, string(out), `"key_id":"ck_dev_`, "%s", block)
		}
		assert.NotContains(t, string(out), `"code":`, "%s", block)
	}
	serveDocumentedConfiguration(t, directory)
}

// serveDocumentedConfiguration starts the README's configuration, on ports of its own, beside the key
// file that the shell lines have made.
func serveDocumentedConfiguration(t *testing.T, directory string) {
	configuration := blocks(t, "yaml")[0]
	configuration = strings.NewReplacer("127.0.0.1:8443", "127.0.0.1:0", "127.0.0.1:9443", "127.0.0.1:0").Replace(configuration)
	file := filepath.Join(directory, "countersign.yaml")
	require.NoError(t, os.WriteFile(file, []byte(configuration), 0o600))
	s := countersigntest.StartConfig(t, file)
	assert.Zero(t, s.Stop(), s.Log())
}

// TestLinksLead asserts that every relative link leads to a file.
func TestLinksLead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	links := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		_, err := os.Stat(filepath.Join(root, link[1]))
		assert.NoError(t, err)
	}
}
