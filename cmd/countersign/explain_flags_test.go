package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestExplainJudgesByTheVerifiersRules: a flag for each rule that changes a verdict.
func TestExplainJudgesByTheVerifiersRules(t *testing.T) {
	slash := swap(t, exampleRequest(t), "/v1/orders/a%20b", "/v1/orders/a%2Fb")
	labelled := swap(t, exampleRequest(t), "Content-Length:", "X-Tenant: 7\r\nContent-Length:")
	aws := "GET / HTTP/1.1\r\nHost: a\r\nX-Amz-Date: 20261120T093000Z\r\nX-Amz-Trace: 1\r\n" +
		"Authorization: AWS4-HMAC-SHA256 Credential=ck/20261120/live/orders/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + strings.Repeat("0", 64) + "\r\n\r\n"
	presigned := "GET " + strings.Replace(specExample(t, "presigned-target"), "Expires=300", "Expires=3600", 1) + " HTTP/1.1\r\nHost: a\r\n\r\n"
	for name, test := range map[string]struct {
		request   string
		arguments []string
		broken    string // without the arguments, or with them where it begins with "+"
	}{
		"encoded slash":   {slash, []string{"--encoded-slash"}, "bad_path"},
		"require signed":  {labelled, []string{"--require-signed", "x-tenant"}, "+unsigned_header: x-tenant"},
		"added":           {aws, []string{"--added-on-the-way", "x-amz-trace", "--signature-nonce"}, "unsigned_header: x-amz-trace"},
		"signature nonce": {swap(t, aws, "X-Amz-Trace: 1\r\n", ""), []string{"--signature-nonce"}, "missing_header: the request has no X-Amz-Nonce"},
		"max expires":     {presigned, []string{"--max-expires", "1h"}, "bad_expires"},
	} {
		t.Run(name, func(t *testing.T) {
			settle(t, nil)
			plain, _, _ := invoke(t, test.request, "explain")
			ruled, notes, _ := invoke(t, test.request, append([]string{"explain"}, test.arguments...)...)
			assert.Empty(t, notes)
			broken, whenRuled := strings.CutPrefix(test.broken, "+")
			if whenRuled {
				plain, ruled = ruled, plain
			}
			assert.Contains(t, plain, broken)
			assert.NotContains(t, ruled, broken)
			assert.Contains(t, ruled, "String to sign")
		})
	}
}

func TestExplainRefusesWrongFlags(t *testing.T) {
	settle(t, nil)
	for says, arguments := range map[string][]string{
		"auto, always or never":          {"--color", "red"},
		"whole seconds":                  {"--max-expires", "0s"},
		"no header that can be signed":   {"--require-signed", "Authorization"},
		"--added-on-the-way":             {"--added-on-the-way", "a b"},
		"cannot share standard input":    {"--client", "-"},
		"--client: open nowhere.txt":     {"--client", "nowhere.txt", "request.http"},
		"--client: no canonical request": {"--client", filepath.Join("testdata", "none"), "request.http"},
		"no record found":                {"--request-id", "0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15", "request.http"},
		"no time":                        {"--at", "noon"},
	} {
		directory := t.TempDir()
		t.Chdir(directory)
		write(t, "request.http", "GET / HTTP/1.1\nHost: a\n\n")
		write(t, filepath.Join("testdata", "none"), "nothing\n")
		_, notes, code := invoke(t, "", append([]string{"explain"}, arguments...)...)
		assert.NotEqual(t, exitDone, code)
		assert.Contains(t, notes, says)
	}
}

// TestExplainPaintsOnATerminalAlone: what is piped or asked not to has no colour codes.
func TestExplainPaintsOnATerminalAlone(t *testing.T) {
	settle(t, exampleSettings(t))
	plain, _, _ := invoke(t, proxied(t), "explain", "--at", "20261120T093000Z", "--host", "api.example.com")
	assert.NotContains(t, plain, "\x1b")
	never, _, _ := invoke(t, proxied(t), "explain", "--at", "20261120T093000Z", "--host", "api.example.com", "--color", "never")
	assert.Equal(t, plain, never)
	always, _, _ := invoke(t, proxied(t), "explain", "--at", "20261120T093000Z", "--host", "api.example.com", "--color", "always")
	assert.Contains(t, always, "\x1b[31m")
	data, _, _ := invoke(t, proxied(t), "explain", "--json", "--color", "always")
	assert.NotContains(t, data, "\x1b")
}
