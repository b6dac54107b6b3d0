package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
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

// capture answers one request with 200 and returns its bytes.
func capture(t *testing.T) (address string, raw func() []byte) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	captured := make(chan []byte, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			captured <- nil
			return
		}
		defer conn.Close()
		var seen bytes.Buffer
		req, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &seen)))
		if err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
		captured <- seen.Bytes()
	}()
	return listener.Addr().String(), func() []byte { return <-captured }
}

func TestExplainMatchesWhatCurlSigns(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	settings := exampleSettings(t)
	settle(t, settings)
	for name, arguments := range map[string][]string{
		"get":               {"/v1/orders"},
		"query":             {"/v1/orders?b=2&a=1&c"},
		"reserved in path":  {"/v1/x:y/a=b"},
		"post":              {"/v1/orders", "-H", "Content-Type: application/json", "-d", `{"item":"tea"}`},
		"header":            {"/v1/orders", "-H", "X-Label:  a  b "},
		"put without a nul": {"/v1/orders", "-X", "PUT", "-H", "Content-Type: text/plain", "--data-binary", "a\nb\n"},
	} {
		t.Run(name, func(t *testing.T) {
			address, raw := capture(t)
			line := append([]string{"-sS", "-v", "--aws-sigv4", "cs:countersign:live:orders",
				"--user", settings["COUNTERSIGN_KEY_ID"] + ":" + settings["COUNTERSIGN_SECRET"],
				"-H", "X-Countersign-Nonce: " + uuid.NewString(), "http://" + address + arguments[0]}, arguments[1:]...)
			verbose, err := exec.Command("curl", line...).CombinedOutput()
			require.NoError(t, err, "%s", verbose)

			out, notes, code := invoke(t, string(raw()), "explain")
			assert.Equal(t, exitDone, code, "%s%s", out, notes)
			assert.Contains(t, out, "Verdict: match")

			given := []string{"explain"}
			for i, argument := range arguments {
				if argument == "-d" || argument == "--data-binary" {
					given = append(given, "-d", arguments[i+1])
				}
			}
			out, notes, code = invoke(t, string(verbose), given...)
			assert.Equal(t, exitDone, code, "%s%s", out, notes)
			assert.Contains(t, out, "Verdict: match")
		})
	}
}

func TestExplainNamesTheTypeThatCurlDoesNotSign(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	settings := exampleSettings(t)
	settle(t, settings)
	address, raw := capture(t)
	out, err := exec.Command("curl", "-sS", "--aws-sigv4", "cs:countersign:live:orders", "--user", settings["COUNTERSIGN_KEY_ID"]+":"+settings["COUNTERSIGN_SECRET"],
		"-H", "X-Countersign-Nonce: "+uuid.NewString(), "-d", "a=1", "http://"+address+"/").CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, _, code := invoke(t, string(raw()), "explain")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, text, "unsigned_header: content-type must be signed: add -H 'Content-Type: …'")
}

func TestSignPrintsACurlCommandThatVerifies(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	startVerifier(t)
	file := filepath.Join(t.TempDir(), "it's a body")
	content := "\x00binary\r\n\xff and all"
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	tests := []struct {
		name      string
		arguments []string
		body      string // echoed
	}{
		{"get", []string{"GET", "/whoami"}, ""},
		{"aws4", []string{"GET", "/whoami", "--dialect", "aws4"}, ""},
		{"query", []string{"GET", "/v1/a%20b:c?b=1&a={x,y}[1-3]&q='it''s'"}, ""},
		{"quotes", []string{"POST", "/", "-H", "X-Label: it's", "-d", `it's "$HOME" \n`}, `it's "$HOME" \n`},
		{"lines", []string{"POST", "/", "-H", "Content-Type: text/plain", "-d", "a\r\nb\n"}, "a\r\nb\n"},
		{"at sign", []string{"POST", "/", "-d", "@-"}, "@from stdin\n"},
		{"file", []string{"PUT", "/", "-d", "@" + file}, content},
		{"body of a get", []string{"GET", "/", "-d", "a"}, "a"},
		{"post of nothing", []string{"POST", "/"}, ""},
		{"delete", []string{"DELETE", "/v1/orders/1"}, ""},
		{"head", []string{"HEAD", "/v1/orders"}, ""},
		{"empty header", []string{"GET", "/", "-H", "X-Empty:"}, ""},
		{"header twice", []string{"GET", "/", "-H", "X-Label: a", "-H", "X-Label: b"}, ""},
		{"host", []string{"GET", "/", "-H", "Host: another.example"}, ""},
		{"user agent", []string{"GET", "/", "-H", "User-Agent: mine"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			line, notes, code := invoke(t, "@from stdin\n", append([]string{"sign", "--output", "curl"}, test.arguments...)...)
			require.Equal(t, exitDone, code, notes)
			first, again := test.body, `"code":"replayed_request"`
			if test.arguments[0] == "HEAD" {
				first, again = "HTTP/1.1 200 OK", "HTTP/1.1 401 Unauthorized"
			}
			out := curlAs(t, line)
			assert.Contains(t, out, first)
			assert.NotContains(t, out, `"code"`)
			assert.Contains(t, curlAs(t, line), again, "the second time it is a replay")
		})
	}
}

// curlAs runs a printed command.
func curlAs(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", strings.TrimSuffix(line, "\n")+" -sS").CombinedOutput()
	require.NoError(t, err, "%s%s", line, out)
	return string(out)
}
