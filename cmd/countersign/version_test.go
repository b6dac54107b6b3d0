package main

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersionTellsProgramAndProtocol(t *testing.T) {
	out, _, code := invoke(t, "", "version")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "protocol    "+protocolVersion+"\n")
	assert.Contains(t, out, runtime.Version())
	out, _, code = invoke(t, "", "version", "--json")
	assert.Equal(t, exitDone, code)
	var version map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &version))
	assert.Equal(t, protocolVersion, version["protocol"])
	_, _, code = invoke(t, "", "version", "more")
	assert.Equal(t, exitUsage, code)
}

func TestVersionSpeaksOfTheSpecification(t *testing.T) {
	spec, err := os.ReadFile("../../canonical/SPEC.md")
	require.NoError(t, err)
	assert.Contains(t, string(spec), "\nVersion "+protocolVersion+".")
}

func TestVersionReadsTheBuild(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789"}, {Key: "vcs.time", Value: "2026-11-20T09:30:00Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	text := describeBuild(info).String()
	assert.Contains(t, text, "countersign v0.1.0\n")
	assert.Contains(t, text, "commit      0123456789 of 2026-11-20T09:30:00Z, with uncommitted changes\n")
	assert.Contains(t, describeBuild(nil).String(), "countersign unknown\n")
}
