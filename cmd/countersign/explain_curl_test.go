package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/testneed"
)

// TestExplainReadsCurlsTraces: the request and its body, from either form of trace.
func TestExplainReadsCurlsTraces(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	settings := exampleSettings(t)
	settle(t, settings)
	long := strings.Repeat("0123456789abcdef", 20)
	for name, arguments := range map[string][]string{
		"get":         {"/v1/orders?b=2&a=1"},
		"long header": {"/v1/orders", "-H", "X-Label: " + long},
		"body":        {"/v1/orders", "-H", "Content-Type: text/plain", "--data-binary", long + "\r\n" + long},
		"chunks":      {"/v1/orders", "-H", "Content-Type: text/plain", "-H", "Transfer-Encoding: chunked", "--data-binary", "a b"},
		"all bytes":   {"/v1/orders", "-H", "Content-Type: text/plain", "--data-binary", "@all.bin"},
	} {
		for _, trace := range []string{"--trace", "--trace-ascii"} {
			t.Run(name+" "+trace, func(t *testing.T) {
				t.Chdir(t.TempDir())
				write(t, "all.bin", allBytes())
				address, raw := capture(t)
				line := append([]string{"-sS", trace, "trace.txt", "--trace-time", "--aws-sigv4", "cs:countersign:live:orders",
					"--user", settings["COUNTERSIGN_KEY_ID"] + ":" + settings["COUNTERSIGN_SECRET"],
					"-H", "X-Countersign-Nonce: " + uuid.NewString(), "http://" + address + arguments[0]}, arguments[1:]...)
				out, err := exec.Command("curl", line...).CombinedOutput()
				require.NoError(t, err, "%s", out)

				explain := []string{"explain", "trace.txt"}
				if name == "all bytes" && trace == "--trace-ascii" {
					explain = append(explain, "-d", "@all.bin") // the trace has dots for them
				}
				traced, notes, code := invoke(t, "", explain...)
				if name == "chunks" { // curl signs Transfer-Encoding
					assert.Contains(t, traced, "transfer-encoding must not be signed")
					return
				}
				assert.Equal(t, exitDone, code, "%s%s", traced, notes)
				whole, _, _ := invoke(t, string(raw()), "explain")
				assert.Equal(t, section(whole, "Canonical request"), section(traced, "Canonical request"))
				assert.Equal(t, section(whole, "Verdict: match"), section(traced, "Verdict: match"))
			})
		}
	}
}

// section returns what a report has under a title.
func section(report, title string) string {
	_, after, found := strings.Cut(report, "\n"+title)
	if !found {
		return "no " + title
	}
	text, _, _ := strings.Cut(after, "\n\nString to sign")
	return text
}

func allBytes() string {
	var b strings.Builder
	for c := range 256 {
		b.WriteByte(byte(c))
	}
	return b.String()
}

// TestExplainNamesWhatCurlDoesOtherwise: with a path that old curls sign as it is sent.
func TestExplainNamesWhatCurlDoesOtherwise(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	settings := exampleSettings(t)
	settle(t, settings)
	address, raw := capture(t)
	file := filepath.Join(t.TempDir(), "body")
	write(t, file, "a body that curl -T hashes as none")
	out, err := exec.Command("curl", "-sS", "--aws-sigv4", "cs:countersign:live:orders", "--user", settings["COUNTERSIGN_KEY_ID"]+":"+settings["COUNTERSIGN_SECRET"],
		"-H", "X-Countersign-Nonce: "+uuid.NewString(), "-T", file, "http://"+address+"/v1/orders").CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, _, code := invoke(t, string(raw()), "explain")
	if code == exitDone {
		return // a curl that hashes what it sends
	}
	assert.Contains(t, text, "empty-body")
	assert.Contains(t, text, "curl -T does not")
}
