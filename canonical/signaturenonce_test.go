package canonical_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

func TestSignatureNonceIsOffByDefault(t *testing.T) {
	var r canonical.Request
	assertRefused(t, &r, r.Parse(drop(signedByHeader(aws4Scope, get, "rule"), "X-Amz-Nonce", ";x-amz-nonce").message(), &canonical.Rules{}), canonical.MissingHeader)

	require.NoError(t, r.Parse(drop(signedByHeader(aws4Scope, get, "rule"), "X-Amz-Nonce", ";x-amz-nonce").message(), &canonical.Rules{SignatureNonce: true}))
	require.True(t, r.SignatureNonce)
	require.Len(t, r.Nonce, 64)
	require.Equal(t, r.Signature, r.Nonce)
}

// TestSignatureNonceLeavesOtherRequestsAlone: the rule admits what has no nonce in AWS4, and no more.
func TestSignatureNonceLeavesOtherRequestsAlone(t *testing.T) {
	rules := &canonical.Rules{SignatureNonce: true}
	var r canonical.Request
	for _, scope := range []referenceScope{cs4Scope, aws4Scope} {
		for _, w := range []wire{signedByHeader(scope, get, "rule"), signedByQuery(scope, get)} {
			require.NoError(t, r.Parse(w.message(), rules))
			require.False(t, r.SignatureNonce)
			require.Equal(t, testNonce, r.Nonce)
		}
	}
	refused := map[string]struct {
		w      wire
		reason canonical.Reason
	}{
		"no nonce in CS4":           {drop(signedByHeader(cs4Scope, get, "rule"), "X-Countersign-Nonce", ";x-countersign-nonce"), canonical.MissingHeader},
		"signed nonce gone":         {drop(signedByHeader(aws4Scope, get, "rule"), "X-Amz-Nonce", ""), canonical.MissingHeader},
		"empty nonce":               {replaceHeader(signedByHeader(aws4Scope, get, "rule"), "X-Amz-Nonce", ""), canonical.BadNonce},
		"nonce not signed":          {replaceIn(signedByHeader(aws4Scope, get, "rule"), ";x-amz-nonce", ""), canonical.UnsignedHeader},
		"presigned without, in CS4": {replaceTarget(signedByQuery(cs4Scope, get), "&X-Countersign-Nonce="+testNonce, ""), canonical.MissingHeader},
		"presigned, empty":          {replaceTarget(signedByQuery(aws4Scope, get), "X-Amz-Nonce="+testNonce, "X-Amz-Nonce="), canonical.BadNonce},
		"presigned, nonce header":   {withHeader(replaceTarget(signedByQuery(aws4Scope, get), "&X-Amz-Nonce="+testNonce, ""), "X-Amz-Nonce", testNonce), canonical.MixedModes},
	}
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			assertRefused(t, &r, r.Parse(c.w.message(), rules), c.reason)
		})
	}
	w := replaceTarget(signedByQuery(aws4Scope, get), "&X-Amz-Nonce="+testNonce, "")
	require.NoError(t, r.Parse(w.message(), rules))
	require.True(t, r.SignatureNonce)
	require.Equal(t, r.Signature, r.Nonce)
}

func drop(w wire, name, signed string) wire {
	w = w.clone()
	kept := w.headers[:0]
	for _, h := range w.headers {
		if h.name == "Authorization" {
			h.value = strings.Replace(h.value, signed, "", 1)
		}
		if h.name != name {
			kept = append(kept, h)
		}
	}
	w.headers = kept
	return w
}

func replaceHeader(w wire, name, value string) wire {
	w = w.clone()
	for i := range w.headers {
		if w.headers[i].name == name {
			w.headers[i].value = value
		}
	}
	return w
}

func replaceIn(w wire, old, new string) wire {
	w = w.clone()
	for i := range w.headers {
		w.headers[i].value = strings.Replace(w.headers[i].value, old, new, 1)
	}
	return w
}

func replaceTarget(w wire, old, new string) wire {
	w = w.clone()
	w.target = strings.Replace(w.target, old, new, 1)
	return w
}

func withHeader(w wire, name, value string) wire {
	w = w.clone()
	w.add(name, value)
	return w
}
