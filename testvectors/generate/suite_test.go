package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/testneed"
)

// TestSuiteOfAWS runs this implementation against AWS's own vectors, where they lie beside the
// checkout: whoever writes an oracle has to be checked by another one.
func TestSuiteOfAWS(t *testing.T) {
	contexts, err := filepath.Glob(filepath.Join(testneed.Suite(t), "*", "context.json"))
	require.NoError(t, err)
	require.NotEmpty(t, contexts)
	for _, file := range contexts {
		dir := filepath.Dir(file)
		if strings.HasSuffix(dir, "-normalized") {
			continue // Countersign refuses the targets that these cases normalise
		}
		t.Run(filepath.Base(dir), func(t *testing.T) { runSuiteCase(t, dir) })
	}
}

func runSuiteCase(t *testing.T, dir string) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(bytes.TrimSuffix(text, []byte("\n")))
	}
	var context struct {
		Credentials struct {
			Secret string `json:"secret_access_key"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read("context.json")), &context))

	line, _, _ := strings.Cut(read("request.txt"), "\n")
	_, target, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), " HTTP/1.1"), " ")
	path, query, _ := strings.Cut(target, "?")
	want := strings.Split(read("header-canonical-request.txt"), "\n")
	assert.Equal(t, want[1], canonicalPath(path))
	assert.Equal(t, want[2], canonicalQuery(query, ""))

	for _, form := range []string{"header", "query"} {
		published := strings.Split(read(form+"-string-to-sign.txt"), "\n")
		date, scope := published[1], strings.Split(published[2], "/")
		toSign := stringToSign(aws4, date, published[2], read(form+"-canonical-request.txt"))
		assert.Equal(t, strings.Join(published, "\n"), toSign)
		key := signingKey(aws4, context.Credentials.Secret, scope[0], scope[1], scope[2], scope[3])
		assert.Equal(t, read(form+"-signature.txt"), hex.EncodeToString(hmacSHA256(key, toSign)))
	}
}
