package canonical_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// substitutes are what each byte of a signed request is changed to, besides its neighbour in ASCII
// and its other case.
const substitutes = "\x00\t\n %&+,-./0:;=?A\\_a\xff"

// mutations calls try with every text that differs from s by one byte: changed, removed, doubled,
// or with one byte put before it.
func mutations(s string, try func(mutated string)) {
	for i := range len(s) {
		if raceDetector && i%7 != len(s)%7 {
			continue // it costs ten times as much, and this is no question of concurrency
		}
		try(s[:i] + s[i+1:])
		try(s[:i] + s[i:i+1] + s[i:])
		for _, c := range []byte(substitutes + string(rune(s[i]^1)) + string(rune(s[i]^0x20))) {
			if c != s[i] {
				try(s[:i] + string([]byte{c}) + s[i+1:])
			}
			try(s[:i] + string([]byte{c}) + s[i:])
		}
	}
	for _, c := range []byte(substitutes) {
		try(s + string([]byte{c}))
	}
}

// equalTargets is the list of what may change in a target and leaves it canonically equal: the
// spelling of the query. The path may not change at all.
func equalTargets(a, b string) bool {
	pathA, queryA, _ := strings.Cut(a, "?")
	pathB, queryB, _ := strings.Cut(b, "?")
	if pathA != pathB {
		return false
	}
	return fmt.Sprint(refPairs(queryA)) == fmt.Sprint(refPairs(queryB))
}

// equalValues is the list of what may change in a header value: spaces and tabs around it, and the
// length of runs of spaces in it.
func equalValues(a, b string) bool {
	return spaceRuns.ReplaceAllString(strings.Trim(a, " \t"), " ") == spaceRuns.ReplaceAllString(strings.Trim(b, " \t"), " ")
}

// equalAuthorizations is what may change in Authorization: the space behind a comma, and spaces
// around the value.
func equalAuthorizations(a, b string) bool {
	a, b = strings.Trim(a, " \t"), strings.Trim(b, " \t")
	return strings.ReplaceAll(a, ", ", ",") == strings.ReplaceAll(b, ", ", ",")
}

// TestEveryChangeOfASignedRequestIsRefused changes each byte of signed requests in turn; none of
// the results is accepted, but for the lists above.
func TestEveryChangeOfASignedRequestIsRefused(t *testing.T) {
	requests := map[string]wire{
		"header":       signedByHeader(cs4Scope, post, "rule"),
		"header, AWS4": signedByHeader(aws4Scope, post, "rule"),
		"as sent": signedByHeader(cs4Scope, wire{
			method: "GET", target: "/v1/a:b,c=d?z=1&a=%2f+x&k", host: "api.example.com:8443"}, "as-sent"),
		"path as sent": signedByHeader(aws4Scope, wire{
			method: "GET", target: "/v1/a:b,c=d?z=1&a=%2f+x&k", host: "api.example.com:8443"}, "path-as-sent"),
		"presigned": signedByQuery(cs4Scope, wire{method: "GET", target: "/v1/a%20b:c?z=1&a=%2f+x&k", host: "[::1]:80",
			headers: []header{{"X-Label", "a  b"}}}),
		"presigned, AWS4": signedByQuery(aws4Scope, get),
	}
	equal := 0
	for name, original := range requests {
		t.Run(name, func(t *testing.T) {
			tries := 0
			try := func(piece string, mutated wire, same bool) {
				tries++
				if _, ok, err := verify(mutated, &canonical.Rules{}, emptyHash); err == nil && ok {
					equal++
					if !same {
						t.Fatalf("accepted with another %s: %+v", piece, mutated)
					}
				}
			}
			_, ok, err := verify(original, &canonical.Rules{}, emptyHash)
			assert.True(t, ok && err == nil, "the original is refused: %v", err)
			mutations(original.method, func(s string) {
				mutated := original.clone()
				mutated.method = s
				try("method", mutated, false)
			})
			mutations(original.host, func(s string) {
				mutated := original.clone()
				mutated.host = s
				try("host", mutated, false)
			})
			mutations(original.target, func(s string) {
				mutated := original.clone()
				mutated.target = s
				try("target", mutated, equalTargets(s, original.target))
			})
			for i, h := range original.headers {
				mutations(h.name, func(s string) {
					mutated := original.clone()
					mutated.headers[i].name = s
					try("name of "+h.name, mutated, strings.EqualFold(s, h.name))
				})
				mutations(h.value, func(s string) {
					mutated := original.clone()
					mutated.headers[i].value = s
					same := equalValues(s, h.value)
					if h.name == "Authorization" {
						same = equalAuthorizations(s, h.value)
					}
					try("value of "+h.name, mutated, same)
				})
				mutated := original.clone()
				mutated.headers = append(mutated.headers[:i], mutated.headers[i+1:]...)
				try("set of headers", mutated, false)
			}
			assert.Greater(t, tries, 500)
		})
	}
	assert.Positive(t, equal, "the list of equal changes is never used")
}

// TestAnotherBodyHashIsRefused: without a content hash, the hash of the body that was received is
// signed.
func TestAnotherBodyHashIsRefused(t *testing.T) {
	w := signedByQuery(cs4Scope, get)
	_, ok, err := verify(w, &canonical.Rules{}, refHash("x"))
	assert.NoError(t, err)
	assert.False(t, ok)
}

// TestASignatureIsWorthNothingElsewhere moves a good signature to the other mode and the other
// dialect.
func TestASignatureIsWorthNothingElsewhere(t *testing.T) {
	byHeader, byQuery := signedByHeader(cs4Scope, get, "rule"), signedByQuery(cs4Scope, get)
	authorization := byHeader.headers[len(byHeader.headers)-1].value
	_, signature, _ := strings.Cut(authorization, "Signature=")
	_, querySignature, _ := strings.Cut(byQuery.target, "X-Countersign-Signature=")

	moved := byQuery.clone()
	moved.retarget(querySignature, signature)
	_, ok, _ := verify(moved, &canonical.Rules{}, emptyHash)
	assert.False(t, ok)

	moved = byHeader.clone()
	moved.replace("Authorization", signature, querySignature)
	_, ok, _ = verify(moved, &canonical.Rules{}, emptyHash)
	assert.False(t, ok)

	renamed := wire{method: get.method, target: get.target, host: get.host}
	for _, h := range byHeader.headers {
		value := strings.NewReplacer("x-countersign-", "x-amz-", "CS4-", "AWS4-", "cs4_", "aws4_").Replace(h.value)
		renamed.add(strings.Replace(h.name, "X-Countersign-", "X-Amz-", 1), value)
	}
	_, ok, err := verify(renamed, &canonical.Rules{}, emptyHash)
	assert.NoError(t, err)
	assert.False(t, ok)
}

// TestKeyIDIsBoundByItsSecretAlone shows what SPEC §6 warns of: what is signed does not hold the key
// id, so that no two keys may have one secret.
func TestKeyIDIsBoundByItsSecretAlone(t *testing.T) {
	w := signedByHeader(cs4Scope, get, "rule")
	var one, other canonical.Request
	require.NoError(t, one.Parse(w.message(), &canonical.Rules{}))
	w.replace("Authorization", testKeyID, "ck_live_other")
	require.NoError(t, other.Parse(w.message(), &canonical.Rules{}))
	request := one.AppendCanonical(nil, canonical.RuleForm, emptyHash)
	assert.Equal(t, request, other.AppendCanonical(nil, canonical.RuleForm, emptyHash))
	assert.Equal(t, one.AppendStringToSign(nil, request), other.AppendStringToSign(nil, request))
}
