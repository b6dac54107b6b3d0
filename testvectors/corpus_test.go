package testvectors_test

import (
	"bytes"
	"fmt"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/testvectors"
)

func load(t *testing.T) *testvectors.Set {
	t.Helper()
	set, err := testvectors.Load(testvectors.FS)
	require.NoError(t, err)
	return set
}

// outOfReach are the reasons that no request brings about under the settings of the corpus.
var outOfReach = []string{
	"store_floor", "insufficient_scope", "no_route", "rate_limited", "claim_quota", "keys_unavailable",
	"store_unavailable", "store_full", "disk_low", "overloaded",
}

func TestCorpusCoversEveryReasonAndGroup(t *testing.T) {
	accepted, refused := 0, 0
	byReason, byGroup := map[string]int{}, map[string]int{}
	for _, c := range load(t).Cases {
		if c.Accepted() {
			accepted++
			continue
		}
		refused++
		byReason[c.Reason]++
		byGroup[path.Base(path.Dir(c.Name))]++
	}
	assert.GreaterOrEqual(t, accepted, 60)
	assert.GreaterOrEqual(t, refused, 150)
	assert.Len(t, byGroup, 12)
	for _, reason := range outOfReach {
		byReason[reason]++
	}
	for _, reason := range testvectors.Reasons() {
		assert.Positive(t, byReason[reason], reason)
	}
}

func TestReasonsAreThoseOfTheProtocol(t *testing.T) {
	for _, reason := range testvectors.Reasons() {
		assert.True(t, canonical.Reason(reason).Known(), reason)
	}
}

// A case that is not the parser's must reach a verifier as it was sent.
func TestParserKeepsWhatACaseSends(t *testing.T) {
	for _, c := range load(t).Cases {
		if c.Layer == testvectors.LayerParser {
			continue
		}
		req, err := c.Request()
		if !assert.NoError(t, err, c.Name) {
			continue
		}
		line, _, _ := bytes.Cut(c.Raw, []byte("\r\n"))
		sent := fmt.Sprintf("%s %s %s", req.Method, req.RequestURI, req.Proto)
		if c.Layer == testvectors.LayerHTTP2 {
			line, _, _ = bytes.Cut(c.Raw, []byte("\r\n:scheme: "))
			sent = fmt.Sprintf(":method: %s\r\n:path: %s", req.Method, req.RequestURI)
		}
		assert.Equal(t, string(line), sent, c.Name)
		assert.NotEmpty(t, req.Host, c.Name)
		assert.Contains(t, req.RemoteAddr, c.Remote, c.Name)
	}
}

func TestAcceptedCasesShareNoNonce(t *testing.T) {
	seen := map[string]string{}
	for _, c := range load(t).Cases {
		if !c.Accepted() {
			continue
		}
		req, err := c.Request()
		require.NoError(t, err, c.Name)
		query := req.URL.Query()
		nonce := req.Header.Get("X-Countersign-Nonce") + req.Header.Get("X-Amz-Nonce") +
			query.Get("X-Countersign-Nonce") + query.Get("X-Amz-Nonce")
		if nonce == "" { // the signature takes its place
			nonce = c.Signature
		}
		assert.Empty(t, seen[nonce], c.Name)
		seen[nonce] = c.Name
	}
}
