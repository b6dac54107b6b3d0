package canonical_test

import (
	"bufio"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

var exampleBlock = regexp.MustCompile("(?ms)^```example ([a-z-]+)\n(.*?)\n```$")

// specExample returns the blocks of SPEC §4.7 by name.
func specExample(t *testing.T) map[string]string {
	text, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	blocks := map[string]string{}
	for _, match := range exampleBlock.FindAllStringSubmatch(string(text), -1) {
		require.NotContains(t, blocks, match[1])
		blocks[match[1]] = match[2]
	}
	return blocks
}

// wireOf reads a request as the specification prints it, and its body.
func wireOf(t *testing.T, text string) (wire, string) {
	head, body, found := strings.Cut(text, "\n\n")
	require.True(t, found)
	lines := strings.Split(head, "\n")
	parts := strings.Split(lines[0], " ")
	require.Len(t, parts, 3)
	w := wire{method: parts[0], target: parts[1]}
	for _, line := range lines[1:] {
		name, value, found := strings.Cut(line, ":")
		require.True(t, found)
		if name == "Host" {
			w.host = strings.TrimSpace(value)
		} else {
			w.add(name, strings.TrimSpace(value))
		}
	}
	return w, body
}

// TestSpecExampleIsRight computes every value of SPEC §4.7 anew from the request and secret that it
// prints, with code that shares nothing with the package.
func TestSpecExampleIsRight(t *testing.T) {
	example := specExample(t)
	require.Len(t, example, 10)
	w, body := wireOf(t, example["request"])
	authorization := w.headers[len(w.headers)-1].value
	signedHeaders := regexp.MustCompile(`SignedHeaders=([^,]+)`).FindStringSubmatch(authorization)[1]

	request := refCanonical(w, "rule", signedHeaders, refHash(body))
	assert.Equal(t, example["canonical-request"], request)
	assert.Equal(t, example["canonical-request-hash"], refHash(request))
	toSign := refStringToSign(cs4Scope, refValue(w, "x-countersign-date"), request)
	assert.Equal(t, example["string-to-sign"], toSign)
	var keys []string
	for _, key := range refKeys(cs4Scope, example["secret"]) {
		keys = append(keys, hex.EncodeToString(key))
	}
	assert.Equal(t, example["keys"], strings.Join(keys, "\n"))
	signature := refSign(cs4Scope, example["secret"], toSign)
	assert.Equal(t, example["signature"], signature)
	assert.Contains(t, authorization, "Signature="+signature)

	served := strings.FieldsFunc(example["server-time"], func(r rune) bool { return strings.ContainsRune("=, ", r) })
	require.Len(t, served, 6)
	key, err := hex.DecodeString(keys[3])
	require.NoError(t, err)
	message := "CS4-HMAC-SHA256-TIME\n" + served[1] + "\n" + served[3] + "\n" + signature
	assert.Equal(t, served[5], hex.EncodeToString(refHMAC(key, message)))

	presigned := wire{method: "GET", target: example["presigned-target"], host: w.host}
	request = refCanonical(presigned, "rule", "host", emptyHash)
	assert.Equal(t, example["presigned-canonical-request"], request)
	toSign = refStringToSign(cs4Scope, testDate, request)
	assert.True(t, strings.HasSuffix(presigned.target, "Signature="+refSign(cs4Scope, example["secret"], toSign)))
}

// TestSpecExampleIsAdmitted checks the package against the same text, and that what is printed is a
// request which net/http reads as printed.
func TestSpecExampleIsAdmitted(t *testing.T) {
	example := specExample(t)
	w, body := wireOf(t, example["request"])
	head := strings.ReplaceAll(strings.TrimSuffix(example["request"], body), "\n", "\r\n")
	read, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + body)))
	require.NoError(t, err)
	content, err := io.ReadAll(read.Body)
	require.NoError(t, err)
	assert.Equal(t, body, string(content))
	assert.Equal(t, w.message(), &canonical.Message{Method: read.Method, Target: read.RequestURI, Host: read.Host, Header: read.Header})

	form, ok, err := verify(w, &canonical.Rules{}, refHash(body))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, canonical.RuleForm, form)

	_, ok, err = verify(wire{method: "GET", target: example["presigned-target"], host: w.host}, &canonical.Rules{}, emptyHash)
	require.NoError(t, err)
	assert.True(t, ok)

	secret, environment, native, err := canonical.ParseSecret(example["secret"])
	require.NoError(t, err)
	assert.True(t, native)
	assert.Equal(t, "live", environment)
	served, err := canonical.ParseServerTime(example["server-time"])
	require.NoError(t, err)
	scope := canonical.Scope{Date: "20261120", Region: "live", Service: "orders"}
	assert.True(t, served.Verify(secret.SigningKey(canonical.CS4, scope), canonical.CS4, example["signature"]))
}

// TestSpecListsEveryReason compares the table of SPEC §9 with the code's.
func TestSpecListsEveryReason(t *testing.T) {
	text, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| reasons | status | code |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	row := regexp.MustCompile("(?m)^\\| (`.*) \\| ([0-9]{3}) \\| `([a-z_]+)` \\|$")
	listed := map[string]bool{}
	for _, columns := range row.FindAllStringSubmatch(table, -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(columns[1], -1) {
			reason := canonical.Reason(name[1])
			assert.True(t, reason.Known(), reason)
			if listed[name[1]] {
				assert.Equal(t, canonical.StoreFloor, reason, "stands twice")
				continue
			}
			listed[name[1]] = true
			assert.Equal(t, columns[2], strconv.Itoa(reason.Status()), reason)
			assert.Equal(t, columns[3], reason.Code(), reason)
		}
	}
	assert.Len(t, listed, 41)
	assert.Equal(t, 503, canonical.Reason("something_else").Status())
	assert.Equal(t, canonical.CodeUnavailable, canonical.Reason("something_else").Code())
	assert.False(t, canonical.Reason("").Known())
}
