package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxied is the worked example as it arrives behind a proxy that replaces the Host.
func proxied(t *testing.T) string {
	return swap(t, exampleRequest(t), "Host: api.example.com", "Host: upstream:9000")
}

func TestExplainComparesWithWhatTheClientPrinted(t *testing.T) {
	settings := exampleSettings(t)
	settle(t, settings)
	client := filepath.Join(t.TempDir(), "client.log")
	log := "DEBUG Request Signature:\n---[ CANONICAL STRING  ]---\n" + specExample(t, "canonical-request") + "\n---[ STRING TO SIGN ]---\nCS4…\n"
	require.NoError(t, os.WriteFile(client, []byte(log), 0o600))

	out, notes, code := invoke(t, proxied(t), "explain", "--at", "20261120T093000Z", "--client", client)
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, notes)
	assert.Contains(t, out, `
Difference between the verifier's canonical request, form rule, and the client's
  1 of 12 lines differ; · is a space, \x and two digits any other byte that cannot be seen
  line 5, header host
    client    host:api.example.com
    verifier  host:upstream:9000
                   ^
  the signature was made over the client's canonical request, with this secret
`)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(client), "request.http"), []byte(proxied(t)), 0o600))
	again, _, code := invoke(t, log, "explain", "--at", "20261120T093000Z", "--client", "-", filepath.Join(filepath.Dir(client), "request.http"))
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, out, again)
}

// TestExplainComparesWithItself: what explain shows at the client serves at the verifier.
func TestExplainComparesWithItself(t *testing.T) {
	settle(t, exampleSettings(t))
	shown, _, code := invoke(t, exampleRequest(t), "explain")
	require.Equal(t, exitDone, code)
	client := filepath.Join(t.TempDir(), "client.txt")
	require.NoError(t, os.WriteFile(client, []byte(shown), 0o600))
	out, _, _ := invoke(t, proxied(t), "explain", "--client", client)
	assert.Contains(t, out, "1 of 12 lines differ")
}

func TestExplainTakesUpWhatCurlPrints(t *testing.T) {
	settle(t, exampleSettings(t))
	text := "* aws_sigv4: Canonical request (enclosed in []) - [" + strings.Replace(specExample(t, "canonical-request"), "tag=new", "tag=old", 1) + "]\n"
	head, _, _ := strings.Cut(strings.ReplaceAll(exampleRequest(t), "\r\n", "\n"), "\n\n")
	for line := range strings.Lines(head + "\n") {
		text += "> " + line
	}
	out, _, code := invoke(t, text+">\n", "explain", "-d", `{"item":"book","quantity":2}`)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "line 3, canonical query string\n    client    limit=10&tag=blue%20sky&tag=old\n")
}

// TestExplainKnowsWhereTheClientSent: what it is told of the API's names, and of older secrets.
func TestExplainKnowsWhereTheClientSent(t *testing.T) {
	with := func(name, value string) map[string]string {
		settings := exampleSettings(t)
		settings[name] = value
		return settings
	}
	rotated := with("COUNTERSIGN_SECRET", "an-entirely-different-secret-of-the-key")
	for name, test := range map[string]struct {
		request   string
		settings  map[string]string
		older     string
		arguments []string
		says      string
	}{
		"url":          {proxied(t), with("COUNTERSIGN_URL", "https://api.example.com/v1"), "", nil, "host-of-url"},
		"host":         {proxied(t), exampleSettings(t), "", []string{"--host", "x.example", "--host", "api.example.com"}, "host-given"},
		"older secret": {exampleRequest(t), rotated, "another " + specExample(t, "secret"), nil, "number 2 of the older secrets"},
		"prefix":       {swap(t, exampleRequest(t), "/v1/orders", "/orders"), with("COUNTERSIGN_URL", "https://api.example.com/v1"), "", nil, "path-prefix-of-url"},
	} {
		t.Run(name, func(t *testing.T) {
			settle(t, test.settings)
			t.Setenv("COUNTERSIGN_OLD_SECRETS", test.older)
			out, notes, code := invoke(t, test.request, append([]string{"explain"}, test.arguments...)...)
			assert.Equal(t, exitFailed, code)
			assert.Empty(t, notes)
			assert.Contains(t, out, test.says)
			assert.NotContains(t, out, specExample(t, "secret"))

			lines := ""
			for name, value := range test.settings {
				lines += name + "=" + value + "\n"
			}
			env := filepath.Join(t.TempDir(), "client.env")
			require.NoError(t, os.WriteFile(env, []byte(lines+"export COUNTERSIGN_OLD_SECRETS='"+test.older+"'\n"), 0o600))
			settle(t, nil)
			t.Setenv("COUNTERSIGN_OLD_SECRETS", "")
			again, _, _ := invoke(t, test.request, append([]string{"explain", "--env-file", env, "--at", "2026-11-20T09:31:00Z"}, test.arguments...)...)
			assert.Contains(t, again, test.says)
		})
	}
}
