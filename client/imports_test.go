package client

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestClientImportsLittle: a program that signs builds no server, store or secret manager.
func TestClientImportsLittle(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{
		"github.com/countersign-dev/countersign/canonical",
		"github.com/countersign-dev/countersign/client",
		"github.com/google/uuid",
	}, strings.Fields(string(output)))
}
