// Package testneed is for tests that need what a machine may lack. Such a test is skipped, and says
// what to install; where COUNTERSIGN_REQUIRE names what is missing, it fails. [Program] is what most
// tests need.
//
// COUNTERSIGN_REQUIRE holds names, separated by commas, of those that [Names] returns. What is
// skipped is also appended, a line each, to the file that COUNTERSIGN_SKIPS names: go test shows
// nothing of a skipped test, so make test prints that file at its end.
package testneed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What COUNTERSIGN_REQUIRE may name.
const (
	Curl        = "curl"
	AWSSuite    = "aws-signing-test-suite" // AWS's published vectors, beside the checkout
	AWSSigner   = "awssigner"              // the modules that internal/awssigner is built from
	NodeSigners = "node-signers"           // Node.js, and npm's signers in internal/interop/node
	Vault       = "vault"                  // the server of internal/vaulttest
	Mounts      = "mounts"                 // root's right to mount file systems, on Linux
	Python      = "python3"
	Nginx       = "nginx"
	Caddy       = "caddy"
)

const (
	requireVariable = "COUNTERSIGN_REQUIRE"
	skipsVariable   = "COUNTERSIGN_SKIPS"
)

// Names returns what COUNTERSIGN_REQUIRE may name.
func Names() []string {
	return []string{Curl, AWSSuite, AWSSigner, NodeSigners, Vault, Mounts, Python, Nginx, Caddy}
}

// Program is for a test that starts an installed program. install is the command that installs it.
func Program(t testing.TB, name, install string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		Missing(t, name, fmt.Sprintf("install %s (%s)", name, install))
	}
}

// Suite returns the directory of the AWS signing test suite, which holds one directory a case.
func Suite(t testing.TB) string {
	t.Helper()
	directory := filepath.Join(root(t), "..", "shared", AWSSuite, "v4")
	if cases, err := os.ReadDir(directory); err != nil || len(cases) == 0 {
		Missing(t, AWSSuite, "put the AWS signing test suite beside the checkout, as ../shared/"+AWSSuite)
	}
	return directory
}

// Missing ends a test that lacks what name stands for: fix says how to get it.
func Missing(t testing.TB, name, fix string) {
	t.Helper()
	required, err := parse(os.Getenv(requireVariable))
	switch {
	case err != nil:
		t.Fatal(err)
	case !slices.Contains(Names(), name):
		t.Fatalf("testneed knows no %q: add it to Names", name)
	case slices.Contains(required, name):
		t.Fatalf("%s requires %s: %s", requireVariable, name, fix)
	}
	Skip(t, fix)
}

// Skip ends a test that this machine cannot run, such as one for another operating system: why
// says so. The line goes where that of every skipped test goes.
func Skip(t testing.TB, why string) {
	t.Helper()
	// The name of the file differs from run to run, so go test keeps no result that rests on it,
	// and runs what was skipped again.
	if path := os.Getenv(skipsVariable); path != "" {
		if err := note(path, fmt.Sprintf("%s %s: %s\n", where(t), t.Name(), why)); err != nil {
			t.Fatalf("%s: %v", skipsVariable, err)
		}
	}
	t.Skip(why)
}

// parse reads the names that a list in COUNTERSIGN_REQUIRE holds.
func parse(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	names := strings.Split(list, ",")
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("%s names %q: it may name %s", requireVariable, name, strings.Join(Names(), ", "))
		}
	}
	return names, nil
}

func note(path, line string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// where returns the directory of the package under test, in which go test runs it.
func where(t testing.TB) string {
	t.Helper()
	directory, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	inside, err := filepath.Rel(root(t), directory)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(inside)
}

// root returns the directory of the module.
func root(t testing.TB) string {
	t.Helper()
	directory, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			return directory
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			t.Fatal("no go.mod above the working directory: run the tests with go test, inside the checkout")
		}
		directory = parent
	}
}
