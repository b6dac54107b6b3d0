// Package readme runs what README.md tells its readers to run.
package readme

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
func startDev(t *testing.T, program string) (directory string, settings []string) {
	t.Helper()
	directory = t.TempDir()
	cmd := exec.Command(program, "serve", "--dev", "--listen", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	var saved strings.Builder
	lines := bufio.NewScanner(stdout)
	for seen := 0; seen < 2 && lines.Scan(); {
		saved.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "curl ") {
			seen++
		}
		if strings.HasPrefix(lines.Text(), "COUNTERSIGN_") {
			settings = append(settings, lines.Text())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	require.Len(t, settings, 5)
	require.NoError(t, os.WriteFile(filepath.Join(directory, "dev.env"), []byte(saved.String()), 0o600))
	return directory, settings
}

// buildCommand builds the countersign command, once for all tests.
func buildCommand(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "countersign")
	goCommand(t, nil, "build", "-o", program, "./cmd/countersign")
	return program
}

func requireCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		if strings.Contains(os.Getenv("COUNTERSIGN_REQUIRE"), "curl") {
			t.Fatal("curl is required and not there: apt-get install curl")
		}
		t.Skip("install curl (apt-get install curl) to run this test")
	}
}

func TestGoSnippetsCompileAndTheClientRuns(t *testing.T) {
	_, settings := startDev(t, buildCommand(t))
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
	requireCurl(t)
	program := buildCommand(t)
	directory, _ := startDev(t, program)
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
	serveDocumentedConfiguration(t, program, directory)
}

// serveDocumentedConfiguration starts the README's configuration, on ports of its own, beside the key
// file that the shell lines have made.
func serveDocumentedConfiguration(t *testing.T, program, directory string) {
	configuration := blocks(t, "yaml")[0]
	configuration = strings.NewReplacer("127.0.0.1:8443", "127.0.0.1:0", "127.0.0.1:9443", "127.0.0.1:0").Replace(configuration)
	require.NoError(t, os.WriteFile(filepath.Join(directory, "countersign.yaml"), []byte(configuration), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "serve", "--config", "countersign.yaml")
	cmd.Dir = directory
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	serving := false
	for lines := bufio.NewScanner(stderr); !serving && lines.Scan(); {
		serving = strings.Contains(lines.Text(), "msg=serving")
		t.Log(lines.Text())
	}
	assert.True(t, serving)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_, _ = io.Copy(io.Discard, stderr)
	assert.NoError(t, cmd.Wait())
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
