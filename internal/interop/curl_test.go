package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/testneed"
)

// TestCurlIsAccepted sends requests that plain curl signs in both dialects, and each once more.
func TestCurlIsAccepted(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	logVersion(t)
	api := startVerifier(t)
	file := filepath.Join(t.TempDir(), "body")
	require.NoError(t, os.WriteFile(file, []byte("uploaded\n"), 0o600))
	cases := map[string][]string{
		"get":                       {"/orders"},
		"trailing slash":            {"/orders/"},
		"sorted query":              {"/orders?a=1&b=2"},
		"unsorted query":            {"/orders?b=2&a=1&a=0"},
		"escaped value":             {"/orders?q=a%20b&r=%C3%BC"},
		"plus for a space":          {"/orders?q=a+b"},
		"parameter without a value": {"/orders?flag"},
		"reserved characters":       {"/v1/x:y/a=b/@me"},
		"reserved, with a query":    {"/v1/x:y?b=2&a=%2F"},
		"post with its type":        {"/orders", "-H", "Content-Type: application/json", "-d", `{"a":1}`},
		"delete":                    {"/orders/1", "-X", "DELETE"},
		"header":                    {"/orders", "-H", "X-Custom: a  b"},
		"head":                      {"/orders", "-I"},
		"binary body":               {"/orders", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + file},
	}
	for _, provider := range []string{"cs:countersign", "aws:amz"} {
		header := map[string]string{"cs:countersign": "X-Countersign-Nonce", "aws:amz": "X-Amz-Nonce"}[provider]
		for name, arguments := range cases {
			t.Run(provider+"/"+name, func(t *testing.T) {
				line := append([]string{"--aws-sigv4", provider + ":test:interop", "--user", keyID + ":" + secret,
					"-H", header + ": " + uuid.NewString(), api.URL + arguments[0]}, arguments[1:]...)
				assert.Equal(t, "200", curl(t, line...))
				assert.Equal(t, "401", curl(t, line...), "the same nonce again is a replay")
			})
		}
	}
	t.Run("the type that -d adds by itself is not signed", func(t *testing.T) {
		line := []string{"--user", keyID + ":" + secret, api.URL + "/orders", "-d", "a=1"}
		assert.Equal(t, "400", curl(t, append(line, "--aws-sigv4", "cs:countersign:test:interop", "-H", "X-Countersign-Nonce: "+uuid.NewString())...))
		assert.Equal(t, "200", curl(t, append(line, "--aws-sigv4", "aws:amz:test:interop", "-H", "X-Amz-Nonce: "+uuid.NewString())...))
	})
}

// curl runs curl and returns the status of the answer.
func curl(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := exec.Command("curl", append([]string{"-sS", "-o", os.DevNull, "-w", "%{http_code}"}, arguments...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func logVersion(t *testing.T) {
	t.Helper()
	out, err := exec.Command("curl", "--version").Output()
	require.NoError(t, err)
	version, _, _ := strings.Cut(string(out), "\n")
	t.Log(fmt.Sprint("signing with ", version))
}
