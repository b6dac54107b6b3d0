package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// specExample returns a block of the specification's worked example.
func specExample(t *testing.T, name string) string {
	t.Helper()
	spec, err := os.ReadFile("../../canonical/SPEC.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```example " + name + "\n(.*?)\n```").FindSubmatch(spec)
	require.NotNil(t, block, "SPEC.md has no example %s", name)
	return string(block[1])
}

// exampleSettings are those of the worked example.
func exampleSettings(t *testing.T) map[string]string {
	return map[string]string{
		"COUNTERSIGN_KEY_ID": "ck_live_7h2kq9m4x8wz3n5c", "COUNTERSIGN_SECRET": specExample(t, "secret"),
		"COUNTERSIGN_REGION": "live", "COUNTERSIGN_SERVICE": "orders",
	}
}

// exampleRequest is the worked example as it goes over the wire.
func exampleRequest(t *testing.T) string {
	head, body, _ := strings.Cut(specExample(t, "request"), "\n\n")
	return strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
}
