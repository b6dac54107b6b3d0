package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJSONShowsWhatATerminalWouldActOn(t *testing.T) {
	value := "a\x1b\u009b\u202e\u061c\x7f\u2028ü<>"
	var out bytes.Buffer
	require.NoError(t, writeJSON(&out, value))
	assert.Equal(t, `"a\u001b\u009b\u202e\u061c\u007f\u2028ü<>"`+"\n", out.String())
	var back string
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	assert.Equal(t, value, back)
}
