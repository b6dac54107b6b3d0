package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/server"
)

// curlCase is a command line behind the URL of target, in which {Prefix} stands for the dialect's
// and {file} for a file that holds fileBody.
type curlCase struct {
	name, target string
	arguments    []string
	method, body string // as delivered; method is GET unless set
	as           string // the target as delivered, where curl changes it
	refused      canonical.Reason
}

const fileBody = "up\x00loaded\r\n\xff\n"

// curlCases hold for every version of curl since 7.75.
var curlCases = []curlCase{
	{name: "get", target: "/orders"},
	{name: "trailing slash", target: "/orders/"},
	{name: "reserved characters", target: "/v1/x:y/a=b/@me"},
	{name: "reserved, with a query", target: "/v1/x:y?b=2&a=%2F"},
	{name: "dots that curl resolves", target: "/a/../orders/./1", as: "/orders/1"},
	{name: "path as is", target: "/a/b:c", arguments: []string{"--path-as-is"}},
	{name: "dots as they are", target: "/a/../b", arguments: []string{"--path-as-is"}, refused: canonical.BadPath},
	{name: "a dot as it is", target: "/a/./b", arguments: []string{"--path-as-is"}, refused: canonical.BadPath},
	{name: "escaped dots as they are", target: "/a/%2e%2e/b", arguments: []string{"--path-as-is"}, refused: canonical.BadPath},
	{name: "dots and an escaped slash", target: "/a/..%2fb", arguments: []string{"--path-as-is"}, refused: canonical.BadPath},
	{name: "empty segment", target: "/a//b", refused: canonical.BadPath},
	{name: "empty segment as it is", target: "/a//b", arguments: []string{"--path-as-is"}, refused: canonical.BadPath},
	{name: "escaped slash", target: "/a%2Fb", refused: canonical.BadPath},
	{name: "fragment", target: "/orders#top", as: "/orders"},

	{name: "sorted query", target: "/orders?a=1&b=2"},
	{name: "unsorted query", target: "/orders?b=2&a=1&a=0"},
	{name: "escaped value", target: "/orders?q=a%20b&r=%C3%BC"},
	{name: "lower-case escape", target: "/orders?a=%2f"},
	{name: "raw slash", target: "/orders?a=/"},
	{name: "plus for a space", target: "/orders?q=a+b"},
	{name: "parameter without a value", target: "/orders?flag"},
	{name: "with and without =", target: "/orders?a=&a"},
	{name: "several =", target: "/orders?a=b=c"},
	{name: "marks", target: "/orders?q=~*'()"},
	{name: "brackets", target: "/orders?a[]=1", arguments: []string{"-g"}},
	{name: "braces", target: "/orders?a={x}", arguments: []string{"-g"}},
	{name: "query of -G", target: "/orders", arguments: []string{"-G", "-d", "b=2", "-d", "a=1"}, as: "/orders?b=2&a=1"},
	{name: "semicolon", target: "/orders?a=1;b=2", refused: canonical.BadQuery},
	{name: "empty pair", target: "/orders?a&&b", refused: canonical.BadQuery},
	{name: "no name", target: "/orders?=x", refused: canonical.BadQuery},
	{name: "bad escape", target: "/orders?q=%zz", refused: canonical.BadQuery},
	{name: "not UTF-8", target: "/orders?q=%ff", refused: canonical.BadQuery},
	{name: "raw UTF-8", target: "/orders?q=ü", refused: canonical.BadTarget},
	{name: "presigned parameter", target: "/orders?X-Amz-Extra=1", refused: canonical.MixedModes},

	{name: "post", target: "/orders", arguments: []string{"-H", "Content-Type: application/json", "-d", `{"a":1}`}, method: "POST", body: `{"a":1}`},
	{name: "post, binary", target: "/orders", arguments: []string{"-H", "Content-Type: application/octet-stream", "--data-binary", "@{file}"}, method: "POST", body: fileBody},
	{name: "put", target: "/orders/1", arguments: []string{"-X", "PUT", "-H", "Content-Type: text/plain", "-d", "a"}, method: "PUT", body: "a"},
	{name: "put, binary", target: "/orders/1", arguments: []string{"-X", "PUT", "-H", "Content-Type: text/plain", "--data-binary", "@{file}"}, method: "PUT", body: fileBody},
	{name: "patch", target: "/orders/1", arguments: []string{"-X", "PATCH", "-H", "Content-Type: text/plain", "-d", "a"}, method: "PATCH", body: "a"},
	{name: "delete", target: "/orders/1", arguments: []string{"-X", "DELETE"}, method: "DELETE"},
	{name: "options", target: "/orders", arguments: []string{"-X", "OPTIONS"}, method: "OPTIONS"},
	{name: "head", target: "/orders", arguments: []string{"-I"}, method: "HEAD"},
	{name: "upload with a hash", target: "/orders/1", arguments: []string{"-T", "{file}", "-H", "{Prefix}Content-Sha256: " + hashOf([]byte(fileBody))}, method: "PUT", body: fileBody},
	{name: "upload with another hash", target: "/orders/1", arguments: []string{"-T", "{file}", "-H", "{Prefix}Content-Sha256: " + hashOf(nil)}, refused: canonical.BodyMismatch},
	{name: "upload without a hash", target: "/orders/1", arguments: []string{"-T", "{file}", "-H", "{Prefix}Content-Sha256: UNSIGNED-PAYLOAD"}, refused: canonical.UnsignedPayload},

	{name: "header with spaces", target: "/orders", arguments: []string{"-H", "X-Custom:   a   b  "}},
	{name: "header beyond ASCII", target: "/orders", arguments: []string{"-H", "X-Custom: ü"}},
	{name: "another host", target: "/orders", arguments: []string{"-H", "Host: api.example.com"}},
	{name: "cookie, agent and range", target: "/orders", arguments: []string{"-b", "a=1", "-A", "me", "-r", "0-9"}},
	{name: "short nonce", target: "/orders", arguments: []string{"-H", "{Prefix}Nonce: short"}, refused: canonical.BadNonce},
}

// olderCurlCases are what curl 7.88 signs wrongly; later versions may do better.
var olderCurlCases = []curlCase{
	{name: "escape in the path", target: "/a%20b", refused: canonical.SignatureMismatch},
	{name: "upload", target: "/orders/1", arguments: []string{"-T", "{file}"}, method: "PUT", body: fileBody, refused: canonical.SignatureMismatch},
	{name: "a header twice", target: "/orders", arguments: []string{"-H", "X-Custom: a", "-H", "X-Custom: b"}, refused: canonical.BadAuthorization},
	{name: "a tab in a header", target: "/orders", arguments: []string{"-H", "X-Custom: a\tb"}, refused: canonical.SignatureMismatch},
	{name: "an empty header", target: "/orders", arguments: []string{"-H", "X-Custom;"}, refused: canonical.BadAuthorization},
}

var providers = map[string]string{"cs:countersign": "X-Countersign-", "aws:amz": "X-Amz-"}

// TestCurlIsAccepted sends requests that plain curl signs in both dialects, and each once more.
func TestCurlIsAccepted(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	major, minor := curlVersion(t)
	cases := curlCases
	if major == 7 {
		cases = append(cases, olderCurlCases...)
	} else {
		t.Logf("not tried with curl 8 and later: what curl 7 signs wrongly (%d cases)", len(olderCurlCases))
	}
	t.Logf("signing with curl %d.%d", major, minor)
	a := start(t, server.Policy{})
	for provider, prefix := range providers {
		for _, c := range cases {
			t.Run(provider+"/"+c.name, func(t *testing.T) { c.try(t, a, provider, prefix) })
		}
	}
}

func (c curlCase) try(t *testing.T, a *api, provider, prefix string) {
	file := filepath.Join(t.TempDir(), "body")
	require.NoError(t, os.WriteFile(file, []byte(fileBody), 0o600))
	fill := strings.NewReplacer("{Prefix}", prefix, "{file}", file)
	line := []string{"--aws-sigv4", provider + ":" + region + ":" + service, "--user", keyID + ":" + secret}
	nonce := uuid.NewString()
	if !strings.Contains(strings.Join(c.arguments, " "), "{Prefix}Nonce") {
		line = append(line, "-H", prefix+"Nonce: "+nonce)
	}
	line = append(line, a.url+c.target)
	for _, argument := range c.arguments {
		line = append(line, fill.Replace(argument))
	}
	before, _ := a.counts()
	decision, d, delivered := curl(t, a, line...)
	assert.Equal(t, c.refused, decision.Reason, "%v", decision.Rejection)
	assert.Equal(t, c.refused == "", delivered)
	assert.Equal(t, c.refused == "", a.claimed(nonce))
	if c.refused == "" {
		target, _, _ := strings.Cut(c.target, "#")
		if c.as != "" {
			target = c.as
		}
		assert.Equal(t, target, d.target)
		assert.Equal(t, c.body, string(d.body))
		assert.Equal(t, map[bool]string{true: "GET", false: c.method}[c.method == ""], d.method)
		again, _, _ := curl(t, a, line...)
		assert.Equal(t, canonical.Replayed, again.Reason)
		before++
	}
	after, claimed := a.counts()
	assert.Equal(t, before, after)
	assert.Equal(t, before, claimed)
}

// The type that -d adds by itself is not signed, which CS4 demands.
func TestCurlDoesNotSignTheTypeThatItAdds(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	a := start(t, server.Policy{})
	for provider, want := range map[string]canonical.Reason{"cs:countersign": canonical.UnsignedHeader, "aws:amz": ""} {
		decision, _, _ := curl(t, a, "--aws-sigv4", provider+":"+region+":"+service, "--user", keyID+":"+secret,
			"-H", providers[provider]+"Nonce: "+uuid.NewString(), "-d", "a=1", a.url+"/orders")
		assert.Equal(t, want, decision.Reason, provider)
	}
}

func TestCurlWithoutANonce(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	a := start(t, server.Policy{})
	for user, want := range map[string]canonical.Reason{keyID + ":" + secret: canonical.MissingHeader, legacyKeyID + ":" + legacySecret: ""} {
		decision, _, _ := curl(t, a, "--aws-sigv4", "aws:amz:"+region+":"+service, "--user", user, a.url+"/orders")
		assert.Equal(t, want, decision.Reason, user)
	}
}

// curl runs curl, and returns what was decided and delivered.
func curl(t *testing.T, a *api, arguments ...string) (server.Decision, delivery, bool) {
	t.Helper()
	head := filepath.Join(t.TempDir(), "head")
	out, err := exec.Command("curl", append([]string{"-sS", "-m", "20", "-o", os.DevNull, "-D", head}, arguments...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(head)
	require.NoError(t, err)
	requestID := regexp.MustCompile(`(?im)^x-request-id: *(\S+)`).FindSubmatch(text)
	require.NotNil(t, requestID, "%s", text)
	decision, decided, d, delivered := a.seen(string(requestID[1]))
	require.True(t, decided)
	return decision, d, delivered
}

func curlVersion(t *testing.T) (major, minor int) {
	t.Helper()
	out, err := exec.Command("curl", "--version").Output()
	require.NoError(t, err)
	parts := regexp.MustCompile(`^curl (\d+)\.(\d+)`).FindSubmatch(out)
	require.NotNil(t, parts, "%s", out)
	major, err = strconv.Atoi(string(parts[1]))
	require.NoError(t, err)
	minor, err = strconv.Atoi(string(parts[2]))
	require.NoError(t, err)
	return major, minor
}
