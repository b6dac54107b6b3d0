package canonical_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// TestParseAdmitsUpToTheLimits tries each limit at its last admitted value; the refusal tables try
// what lies beyond.
func TestParseAdmitsUpToTheLimits(t *testing.T) {
	pad := func(s string, length int) string { return s + strings.Repeat("a", length-len(s)) }
	for about, build := range map[string]func() wire{
		"target of 16 KiB": func() wire { w := get; w.target = pad("/", 16<<10); return signedByHeader(cs4Scope, w, "rule") },
		"256 parameters": func() wire {
			w := get
			w.target = "/?" + strings.Repeat("a&", 255) + "a"
			return signedByHeader(cs4Scope, w, "rule")
		},
		"100 header lines": func() wire {
			w := signedByHeader(cs4Scope, get, "rule")
			for len(w.headers) < 100 {
				w.add("X-Many", "a")
			}
			return w
		},
		"32 KiB of headers": func() wire {
			w := signedByHeader(cs4Scope, get, "rule")
			size := len("X-Long")
			for _, h := range w.headers {
				size += len(h.name) + len(h.value)
			}
			w.add("X-Long", pad("", 32<<10-size))
			return w
		},
		"64 signed names": func() wire {
			w := get.clone()
			for i := range 60 {
				w.add(fmt.Sprintf("A-%d", i), "a")
			}
			return signedByHeader(cs4Scope, w, "rule")
		},
		"signed name of 128 bytes": func() wire {
			w := get.clone()
			w.add(pad("X-", 128), "a")
			return signedByHeader(cs4Scope, w, "rule")
		},
		"64 Connection options": func() wire {
			w := signedByHeader(cs4Scope, get, "rule")
			w.add("Connection", strings.Repeat("a, ", 40)+"a")
			w.add("Connection", strings.Repeat("a,", 22)+"a")
			return w
		},
		"host of 261 bytes":  func() wire { w := get; w.host = pad("", 261); return signedByHeader(cs4Scope, w, "rule") },
		"method of 64 bytes": func() wire { w := get; w.method = pad("", 64); return signedByHeader(cs4Scope, w, "rule") },
		"Host line as host":  func() wire { w := signedByHeader(cs4Scope, get, "rule"); w.add("Host", w.host); return w },
		"usual Connection": func() wire {
			w := signedByHeader(cs4Scope, get, "rule")
			w.add("Connection", "keep-alive, Upgrade")
			return w
		},
		"harmless odd name":  func() wire { w := signedByHeader(cs4Scope, get, "rule"); w.add("my_header", "a"); return w },
		"trailing slash":     func() wire { w := get; w.target = "/a/"; return signedByHeader(cs4Scope, w, "rule") },
		"dots inside":        func() wire { w := get; w.target = "/a..b/.c/..."; return signedByHeader(cs4Scope, w, "rule") },
		"path parameter":     func() wire { w := get; w.target = "/a;b=c/d;"; return signedByHeader(cs4Scope, w, "rule") },
		"bare question mark": func() wire { w := get; w.target = "/a?"; return signedByHeader(cs4Scope, w, "rule") },
		"other X-Amz in CS4": func() wire { w := signedByHeader(cs4Scope, get, "rule"); w.add("X-Amz-Target", "a"); return w },
		"signed override": func() wire {
			w := get.clone()
			w.add("X-HTTP-Method-Override", "PUT")
			return signedByHeader(cs4Scope, w, "rule")
		},
		"signed encoding": func() wire {
			w := get.clone()
			w.add("Content-Encoding", "gzip")
			return signedByHeader(cs4Scope, w, "rule")
		},
		"tabs, obs-text": func() wire { w := get.clone(); w.add("X-A", "\ta\t\xff b"); return signedByHeader(cs4Scope, w, "rule") },
		"empty signed values": func() wire {
			w := get.clone()
			w.add("X-A", "")
			w.add("X-A", "")
			return signedByHeader(cs4Scope, w, "rule")
		},
	} {
		_, ok, err := verify(build(), &canonical.Rules{}, emptyHash)
		assert.NoError(t, err, about)
		assert.True(t, ok, about)
	}
}

func TestParseKeepsThePiecesAsSent(t *testing.T) {
	var r canonical.Request
	w := signedByHeader(aws4Scope, post, "rule")
	require.NoError(t, r.Parse(w.message(), &canonical.Rules{}))
	assert.Equal(t, canonical.HeaderMode, r.Mode)
	assert.Equal(t, canonical.AWS4, r.Dialect)
	assert.Equal(t, testKeyID, r.KeyID)
	assert.Equal(t, testScope, r.Scope)
	assert.Equal(t, testDate, r.Date)
	assert.Equal(t, time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC), r.Timestamp)
	assert.Equal(t, testNonce, r.Nonce)
	assert.Equal(t, refHash(testBody), r.PayloadHash)
	assert.Equal(t, "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-nonce;x-label", r.SignedHeaders)
	assert.Equal(t, "/v1/orders/a%20b", r.Path())
	for name, signed := range map[string]bool{"host": true, "X-Label": true, "x-label": true, "X-LABEL": true, "X-Labe": false, "X-Labels": false, "": false, "accept": false, "zzz": false} {
		assert.Equal(t, signed, r.Signs(name), name)
	}

	require.NoError(t, r.Parse(signedByQuery(cs4Scope, get).message(), &canonical.Rules{}))
	assert.Equal(t, canonical.PresignedMode, r.Mode)
	assert.Equal(t, 300*time.Second, r.Expires)
	assert.Equal(t, "host", r.SignedHeaders)
	assert.Empty(t, r.PayloadHash)
	assert.False(t, r.Signs("x-label"), "nothing is left of the request before")
}

func TestParseTakesUnsignedPayload(t *testing.T) {
	var r canonical.Request
	m := signedByHeader(cs4Scope, get, "rule").message()
	m.Header["X-Countersign-Content-Sha256"] = []string{canonical.HashUnsignedPayload}
	require.NoError(t, r.Parse(m, &canonical.Rules{}))
	assert.Equal(t, canonical.HashUnsignedPayload, r.PayloadHash)

	w := signedByQuery(aws4Scope, get)
	w.target += "&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"
	require.NoError(t, r.Parse(w.message(), &canonical.Rules{}))
	assert.Equal(t, canonical.HashUnsignedPayload, r.PayloadHash)
}

func TestParseTakesExpiryUpToTheCap(t *testing.T) {
	for _, c := range []struct {
		expires string
		most    int
		want    canonical.Reason
	}{
		{"1", 0, ""}, {"900", 0, ""}, {"901", 0, canonical.BadExpires},
		{"901", 901, ""}, {"60", 60, ""}, {"61", 60, canonical.BadExpires},
		{"604800", 604800, ""}, {"604801", 1 << 30, canonical.BadExpires}, {"604800", 1 << 30, ""}, {"900", -1, ""},
	} {
		w := signedByQuery(cs4Scope, get)
		w.retarget("Expires=300", "Expires="+c.expires)
		var r canonical.Request
		assertRefused(t, &r, r.Parse(w.message(), &canonical.Rules{MaxExpires: c.most}), c.want)
	}
}

// TestEveryEscapedByte writes each byte as an escape, in both cases, into path, name and value.
func TestEveryEscapedByte(t *testing.T) {
	signed := signedByHeader(cs4Scope, get, "rule")
	for b := range 256 {
		for _, format := range []string{"%%%02x", "%%%02X"} {
			escaped := fmt.Sprintf(format, b)
			for part, target := range map[string]string{"path": "/a" + escaped + "b", "query": "/?n" + escaped + "=v" + escaped + "w&a"} {
				w := signed
				w.target = target
				var r canonical.Request
				err := r.Parse(w.message(), &canonical.Rules{})
				admitted := b != 0 && b < 0x80 && (part == "query" || b != '/' && b != '\\')
				require.Equal(t, admitted, err == nil, "%s: %v", target, err)
				if admitted {
					assert.Equal(t, refCanonical(w, "rule", r.SignedHeaders, ""), string(r.AppendCanonical(nil, canonical.RuleForm, "")))
				}
			}
		}
	}
}

// Names without values, as a map may hold them, were not sent.
func TestParseIgnoresNamesWithoutValues(t *testing.T) {
	w := get.clone()
	w.add("x_role", "a")
	m := signedByHeader(cs4Scope, w, "rule").message()
	for _, name := range []string{"X-Role", "Trailer", "X-Amz-Date", "x-countersign-date", "X-Http-Method"} {
		m.Header[name] = nil
	}
	var r canonical.Request
	assert.NoError(t, r.Parse(m, &canonical.Rules{}))
}
