// Package arrows asserts which packages may import which.
package arrows

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/countersign-dev/countersign/"

// dependencies returns everything that a package builds, but for the standard library.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", module+pkg).CombinedOutput()
	require.NoError(t, err, "%s", out)
	found := strings.Fields(string(out))
	require.Contains(t, found, module+pkg)
	return found
}

func TestStandardLibraryAlone(t *testing.T) {
	for _, pkg := range []string{"canonical", "nonce", "testvectors", "testvectors/generate"} {
		for _, dependency := range dependencies(t, pkg) {
			assert.True(t, strings.HasPrefix(dependency, module+pkg) || strings.HasPrefix(dependency, module+"nonce/internal/"),
				"%s must import the standard library alone, and builds %s", pkg, dependency)
		}
	}
}

func TestClientStaysSmall(t *testing.T) {
	assert.ElementsMatch(t, []string{"github.com/google/uuid", module + "canonical", module + "client"}, dependencies(t, "client"))
}

func TestServerBuildsNoFrameworkOrStore(t *testing.T) {
	for _, dependency := range dependencies(t, "server") {
		assert.True(t, strings.HasPrefix(dependency, module) || dependency == "github.com/google/uuid", "server builds %s", dependency)
	}
}

// TestArrowsPointOneWay asserts that no package imports one that stands above it.
func TestArrowsPointOneWay(t *testing.T) {
	forbidden := map[string][]string{
		"client/vaultcreds": {"server", "nonce", "cmd", "internal", "testvectors"},
		"client":            {"server", "nonce", "cmd", "internal", "testvectors"},
		"server":            {"client", "cmd", "internal", "testvectors", "nonce/badgerstore"},
		"server/echoauth":   {"client", "cmd", "internal", "nonce/badgerstore"},
		"server/filekeys":   {"client", "cmd", "internal", "nonce/badgerstore"},
		"server/vaultkeys":  {"client", "cmd", "internal", "nonce/badgerstore"},
		"nonce/badgerstore": {"canonical", "client", "server", "cmd", "internal", "testvectors"},
		"nonce/noncetest":   {"canonical", "client", "server", "cmd", "internal", "testvectors"},
	}
	for pkg, above := range forbidden {
		for _, dependency := range dependencies(t, pkg) {
			for _, other := range above {
				assert.False(t, dependency == module+other || strings.HasPrefix(dependency, module+other+"/"), "%s imports %s", pkg, dependency)
			}
		}
	}
}
