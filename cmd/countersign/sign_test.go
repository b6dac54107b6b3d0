package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSignPrintsHeadersThatVerify(t *testing.T) {
	api := startVerifier(t)
	for _, dialect := range []string{"cs4", "aws4"} {
		out, notes, code := invoke(t, "", "sign", "--dialect", dialect, "POST", "/v1/orders?b=1&a", "-H", "Content-Type: text/plain", "-d", "body")
		require.Equal(t, exitDone, code, notes)
		req, err := http.NewRequest(http.MethodPost, api.URL+"/v1/orders?b=1&a", strings.NewReader("body"))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "text/plain")
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		assert.Len(t, lines, 4)
		for _, line := range lines {
			name, value, found := strings.Cut(line, ": ")
			require.True(t, found, line)
			req.Header.Set(name, value)
		}
		answer, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_ = answer.Body.Close()
		assert.Equal(t, http.StatusOK, answer.StatusCode)
	}
}

func TestSignPrintsTheRequestAsItGoesOverTheWire(t *testing.T) {
	api := startVerifier(t)
	out, notes, code := invoke(t, "from\x00stdin", "sign", "--output", "http", "PUT", "/v1/a%20b?x=[1]", "-H", "X-Label:  a  b ", "-H", "X-Empty:", "-d", "@-")
	require.Equal(t, exitDone, code, notes)
	assert.True(t, strings.HasPrefix(out, "PUT /v1/a%20b?x=[1] HTTP/1.1\r\n"), out)
	assert.NotContains(t, out, "User-Agent")
	conn, err := net.Dial("tcp", strings.TrimPrefix(api.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, out)
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "from\x00stdin", string(body))

	explained, _, code := invoke(t, out, "explain")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, explained, "Verdict: match")
}

func TestSignPresignsAURLThatIsGoodOnce(t *testing.T) {
	startVerifier(t)
	out, notes, code := invoke(t, "", "sign", "GET", "/v1/orders?limit=10#fragment", "--presign", "5m")
	require.Equal(t, exitDone, code, notes)
	assert.Empty(t, notes)
	for _, status := range []int{http.StatusOK, http.StatusUnauthorized} {
		answer, err := http.Get(strings.TrimSpace(out))
		require.NoError(t, err)
		_ = answer.Body.Close()
		assert.Equal(t, status, answer.StatusCode)
	}
	_, notes, code = invoke(t, "", "sign", "GET", "/v1/orders", "--presign", "1h")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, notes, "live longer than 900 s")
}

func TestSignSendsAndFailsUnlessTheAnswerIs2xx(t *testing.T) {
	startVerifier(t)
	out, notes, code := invoke(t, "", "sign", "--send", "POST", "/v1/orders", "-d", "body")
	assert.Equal(t, exitDone, code)
	assert.Equal(t, "body", out)
	assert.Equal(t, "HTTP/1.1 200 OK\n", notes)

	_, notes, code = invoke(t, "", "sign", "--send", "-v", "DELETE", "/v1/orders/1")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, notes, "X-Seen: DELETE /v1/orders/1\n")

	_, notes, code = invoke(t, "", "sign", "--send", "GET", "/teapot")
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "HTTP/1.1 418 I'm a teapot\n", notes)

	out, _, code = invoke(t, "", "sign", "--send", "--service", "stock", "GET", "/v1/orders")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, `"code":"invalid_signature"`)
}

func TestSignReadsSettingsFromAFile(t *testing.T) {
	startVerifier(t)
	var lines strings.Builder
	for name := range exampleSettings(t) {
		lines.WriteString(name + "=" + os.Getenv(name) + "\n")
	}
	lines.WriteString("COUNTERSIGN_URL=" + os.Getenv("COUNTERSIGN_URL") + "\n\ncurl --aws-sigv4 …\n")
	env := filepath.Join(t.TempDir(), "dev.env")
	require.NoError(t, os.WriteFile(env, []byte(lines.String()), 0o600))
	settle(t, nil)
	_, notes, code := invoke(t, "", "sign", "--env-file", env, "--send", "GET", "/whoami")
	assert.Equal(t, exitDone, code, notes)
}

func TestSignSendsTheSameHostAsCurl(t *testing.T) {
	for target, host := range map[string]string{
		"http://Example.COM:80/":     "example.com",
		"https://example.com:443/":   "example.com",
		"http://example.com:443/":    "example.com:443",
		"http://[::1]:80/":           "[::1]",
		"http://[::1]:8080/":         "[::1]:8080",
		"http://example.com:/":       "example.com",
		"https://example.com?a#b":    "example.com",
		"http://example.com:8080/#b": "example.com:8080",
	} {
		req, err := buildRequest(t.Context(), "GET", target, "", nil, nil)
		require.NoError(t, err)
		assert.Equal(t, host, req.Host, target)
		assert.Equal(t, host, req.URL.Host, target)
		assert.Empty(t, req.URL.Fragment)
	}
}

func TestSignRefusesInOneLine(t *testing.T) {
	complete := exampleSettings(t)
	complete["COUNTERSIGN_URL"] = "http://localhost:8080"
	without := func(name string) map[string]string {
		settings := exampleSettings(t)
		delete(settings, name)
		return settings
	}
	mistyped := exampleSettings(t)
	mistyped["COUNTERSIGN_SECRET"] += "x"
	tests := []struct {
		name      string
		settings  map[string]string
		arguments []string
		code      int
		says      string
	}{
		{"no arguments", complete, nil, exitUsage, "needs METHOD"},
		{"no URL", complete, []string{"GET"}, exitUsage, "needs URL"},
		{"a third", complete, []string{"GET", "/", "more"}, exitUsage, `unknown argument "more"`},
		{"swapped", complete, []string{"/whoami", "GET"}, exitUsage, "the first argument is the method: countersign sign GET /whoami"},
		{"lower case", complete, []string{"get", "/whoami"}, exitUsage, "write the method in upper case: GET"},
		{"no scheme", complete, []string{"GET", "localhost:8080/whoami"}, exitUsage, "begin it with https://, http:// or /"},
		{"path alone", without("COUNTERSIGN_URL"), []string{"GET", "/whoami"}, exitUsage, "set COUNTERSIGN_URL, or give the whole URL"},
		{"password", complete, []string{"GET", "http://user:password@localhost/"}, exitUsage, "user and password"},
		{"no host", complete, []string{"GET", "http:///path"}, exitUsage, "no host"},
		{"host not ASCII", complete, []string{"GET", "http://bücher.example/"}, exitUsage, "xn--"},
		{"header", complete, []string{"GET", "/", "-H", "no colon"}, exitUsage, "'Name: value'"},
		{"header of two lines", complete, []string{"GET", "/", "-H", "X-A: a\nX-B: b"}, exitUsage, "a value is one line"},
		{"content length", complete, []string{"GET", "/", "-H", "Content-Length: 1"}, exitUsage, "leave it out"},
		{"no data file", complete, []string{"POST", "/", "-d", "@nowhere"}, exitFailed, "nowhere"},
		{"no name of a file", complete, []string{"POST", "/", "-d", "@"}, exitUsage, "-d @FILE"},
		{"output", complete, []string{"GET", "/", "--output", "python"}, exitUsage, "headers, curl or http"},
		{"dialect", complete, []string{"GET", "/", "--dialect", "aws"}, exitUsage, "cs4 or aws4"},
		{"send and output", complete, []string{"GET", "/", "--send", "--output", "curl"}, exitUsage, "leave --output out"},
		{"send and presign", complete, []string{"GET", "/", "--send", "--presign", "5m"}, exitUsage, "give one of them"},
		{"presign and output", complete, []string{"GET", "/", "--presign", "5m", "--output", "curl"}, exitUsage, "leave --output out"},
		{"presign for nothing", complete, []string{"GET", "/", "--presign", "0"}, exitUsage, "whole seconds from 1s to 168h"},
		{"presign for a part", complete, []string{"GET", "/", "--presign", "1500ms"}, exitUsage, "whole seconds"},
		{"presign too long", complete, []string{"GET", "/", "--presign", "169h"}, exitUsage, "168h"},
		{"verbose alone", complete, []string{"GET", "/", "-v"}, exitUsage, "give it with --send"},
		{"secret by flag", complete, []string{"GET", "/", "--secret", "s"}, exitUsage, "unknown flag"},
		{"no key", nil, []string{"GET", "/"}, exitUsage, "set COUNTERSIGN_KEY_ID and COUNTERSIGN_SECRET, or give --env-file FILE"},
		{"no region", without("COUNTERSIGN_REGION"), []string{"GET", "http://a/"}, exitUsage, "--region"},
		{"no service", without("COUNTERSIGN_SERVICE"), []string{"GET", "http://a/"}, exitUsage, "--service"},
		{"secret mistyped", mistyped, []string{"GET", "http://a/"}, exitFailed, "mistyped or cut"},
		{"no env file", nil, []string{"--env-file", "nowhere.env", "GET", "http://a/"}, exitFailed, "nowhere.env"},
		{"key of another region", complete, []string{"--region", "test", "GET", "/"}, exitFailed, "ck_live_7h2kq9m4x8wz3n5c is of environment live"},
		{"path that a verifier refuses", complete, []string{"GET", "/a/../b"}, exitFailed, "bad_path"},
		{"header that a verifier refuses", complete, []string{"GET", "/", "-H", "X-Countersign-Other: mine"}, exitFailed, "X-Countersign-Other"},
		{"nonce", complete, []string{"GET", "/", "-H", "X-Countersign-Nonce: mine"}, exitUsage, "signing sets it"},
		{"curl and head", complete, []string{"HEAD", "/", "-d", "a", "--output", "curl"}, exitUsage, "curl cannot send a HEAD request with a body"},
		{"curl and what does not fit", complete, []string{"POST", "/", "-d", "@-", "--output", "curl"}, exitUsage, "save it to a file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			settle(t, test.settings)
			out, notes, code := invoke(t, "a\x00b", append([]string{"sign"}, test.arguments...)...)
			assert.Equal(t, test.code, code, notes)
			assert.Empty(t, out)
			first, rest, _ := strings.Cut(notes, "\n")
			assert.Contains(t, first, test.says)
			if test.code == exitFailed {
				assert.Empty(t, rest)
			}
			for _, hidden := range []string{specExample(t, "secret"), "password@"} {
				assert.NotContains(t, notes, hidden)
			}
		})
	}
}
