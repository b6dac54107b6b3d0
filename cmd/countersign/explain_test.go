package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExplainShowsTheWorkedExample(t *testing.T) {
	settle(t, exampleSettings(t))
	out, notes, code := invoke(t, exampleRequest(t), "explain", "--at", "2026-11-20T09:31:00Z")
	assert.Equal(t, exitDone, code)
	assert.Empty(t, notes)
	golden, err := os.ReadFile("../../internal/explain/testdata/worked-example.txt")
	require.NoError(t, err)
	assert.Equal(t, string(golden), out)
}

func TestExplainAnswersInJSON(t *testing.T) {
	settle(t, exampleSettings(t))
	out, _, code := invoke(t, exampleRequest(t), "explain", "--json")
	assert.Equal(t, exitDone, code)
	var report struct {
		Verdict string
		Forms   []struct {
			CanonicalRequest string `json:"canonical_request"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Equal(t, "match", report.Verdict)
	require.NotEmpty(t, report.Forms)
	assert.Equal(t, specExample(t, "canonical-request"), report.Forms[0].CanonicalRequest)
}

func TestExplainExitsByItsVerdict(t *testing.T) {
	example := exampleRequest(t)
	without := func(name string) map[string]string {
		settings := exampleSettings(t)
		delete(settings, name)
		return settings
	}
	with := func(name, value string) map[string]string {
		settings := exampleSettings(t)
		settings[name] = value
		return settings
	}
	tests := []struct {
		name, request string
		settings      map[string]string
		arguments     []string
		code          int
		says          string
	}{
		{name: "match", request: example, settings: exampleSettings(t), says: "Verdict: match"},
		{name: "LF alone", request: strings.ReplaceAll(example, "\r\n", "\n"), settings: exampleSettings(t), says: "Verdict: match"},
		{name: "no secret", request: example, settings: without("COUNTERSIGN_SECRET"), says: "Verdict: the signature was not checked"},
		{name: "nothing known", request: example, says: "Verdict: the signature was not checked"},
		{name: "path altered", request: strings.Replace(example, "/v1/orders", "/v1/borders", 1), settings: exampleSettings(t), code: exitFailed, says: "signature_mismatch"},
		{name: "body altered", request: strings.Replace(example, "book", "bank", 1), settings: exampleSettings(t), code: exitFailed, says: "body_mismatch"},
		{name: "rule broken", request: strings.Replace(example, "/v1/", "/v1/../", 1), settings: exampleSettings(t), code: exitFailed, says: "bad_path"},
		{name: "rule broken, no secret", request: strings.Replace(example, "/v1/", "/v1/../", 1), code: exitFailed, says: "fix: send the plain path"},
		{name: "another region", request: example, settings: with("COUNTERSIGN_REGION", "test"), code: exitFailed, says: "wrong_scope"},
		{name: "another region by flag", request: example, settings: exampleSettings(t), arguments: []string{"--region", "test"}, code: exitFailed, says: "the verifier's is test"},
		{name: "another service by flag", request: example, settings: exampleSettings(t), arguments: []string{"--service", "stock"}, code: exitFailed, says: "the verifier's is stock"},
		{name: "secret with a newline", request: example, settings: with("COUNTERSIGN_SECRET", specExample(t, "secret")+"\n"), code: exitFailed, says: "secret-trimmed"},
		{name: "secret mistyped", request: example, settings: with("COUNTERSIGN_SECRET", specExample(t, "secret")+"x"), code: exitFailed, says: "mistyped or cut"},
		{name: "host behind a proxy", request: strings.Replace(example, "api.example.com", "API.example.com", 1), settings: exampleSettings(t), code: exitFailed, says: "host-lower-case"},
		{name: "the body apart", request: strings.Split(example, "\r\n\r\n")[0] + "\r\n\r\n", settings: exampleSettings(t), arguments: []string{"-d", `{"item":"book","quantity":2}`}, says: "Verdict: match"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			settle(t, test.settings)
			out, notes, code := invoke(t, test.request, append([]string{"explain"}, test.arguments...)...)
			assert.Equal(t, test.code, code, notes)
			assert.Contains(t, out, test.says)
			assert.Empty(t, notes)
			if secret := test.settings["COUNTERSIGN_SECRET"]; secret != "" {
				assert.NotContains(t, out, strings.TrimSpace(secret))
			}
		})
	}
}

func TestExplainReadsFiles(t *testing.T) {
	settle(t, nil)
	directory := t.TempDir()
	request, env := filepath.Join(directory, "request.http"), filepath.Join(directory, "dev.env")
	require.NoError(t, os.WriteFile(request, []byte(exampleRequest(t)), 0o600))
	var lines strings.Builder
	for name, value := range exampleSettings(t) {
		lines.WriteString(name + "=" + value + "\n")
	}
	require.NoError(t, os.WriteFile(env, []byte(lines.String()+"curl …\n"), 0o600))
	out, _, code := invoke(t, "", "explain", "--env-file", env, request)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "Verdict: match")
}

func TestExplainRefusesInOneLine(t *testing.T) {
	settle(t, nil)
	tests := []struct {
		name, stdin string
		arguments   []string
		code        int
		says        string
	}{
		{"no request", "hello\n", nil, exitFailed, "it must begin with a line such as GET /whoami HTTP/1.1"},
		{"no file", "", []string{"nowhere.http"}, exitFailed, "nowhere.http"},
		{"no env file", "GET / HTTP/1.1\n\n", []string{"--env-file", "nowhere.env"}, exitFailed, "nowhere.env"},
		{"two files", "", []string{"a", "b"}, exitUsage, "takes one FILE at most"},
		{"two from standard input", "", []string{"-d", "@-"}, exitUsage, "give the request as FILE"},
		{"bad time", "", []string{"--at", "noon"}, exitUsage, `"noon" is no time`},
		{"unknown flag", "", []string{"--secret", "s"}, exitUsage, "unknown flag: --secret"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, notes, code := invoke(t, test.stdin, append([]string{"explain"}, test.arguments...)...)
			assert.Equal(t, test.code, code)
			assert.Contains(t, notes, test.says)
			if test.code == exitFailed {
				assert.Equal(t, 1, strings.Count(notes, "\n"), notes)
			}
		})
	}
}

func TestExplainAsksForABodyThatItNeeds(t *testing.T) {
	settle(t, nil)
	request := "> POST /whoami HTTP/1.1\n> Host: localhost:8080\n> X-Countersign-Date: 20261120T093000Z\n" +
		"> X-Countersign-Nonce: 0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15\n> Content-Length: 2\n" +
		"> Authorization: CS4-HMAC-SHA256 Credential=ck/20261120/dev/demo/cs4_request, SignedHeaders=host;x-countersign-date;x-countersign-nonce, Signature=" +
		strings.Repeat("0", 64) + "\n>\n"
	_, notes, code := invoke(t, request, "explain")
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "countersign: the body is not in the input: give it with -d @FILE\n", notes)
	_, notes, code = invoke(t, request, "explain", "-d", "{}")
	assert.Equal(t, exitDone, code, notes)
}
