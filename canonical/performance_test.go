package canonical_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// sixHeaders is a GET as clients send it, all but Authorization signed: six header lines.
func sixHeaders(scope referenceScope) *canonical.Message {
	w := get.clone()
	w.add("Accept", "application/json")
	w.add("X-Label", "a")
	return signedByHeader(scope, w, "rule").message()
}

// pass is everything that a verifier does but look up a key.
type pass struct {
	request           canonical.Request
	canonical, toSign []byte
}

func (p *pass) run(m *canonical.Message, rules *canonical.Rules) [sha256.Size]byte {
	if err := p.request.Parse(m, rules); err != nil {
		panic(err)
	}
	p.canonical = p.request.AppendCanonical(p.canonical[:0], canonical.RuleForm, p.request.PayloadHash)
	p.toSign = p.request.AppendStringToSign(p.toSign[:0], p.canonical)
	return testKey.SigningKey(p.request.Dialect, p.request.Scope).Sum(p.toSign)
}

func TestWarmPathAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes sync.Pool drop entries")
	}
	for _, scope := range []referenceScope{cs4Scope, aws4Scope} {
		m, rules := sixHeaders(scope), &canonical.Rules{}
		require.Len(t, m.Header, 6)
		var p pass
		sum := p.run(m, rules)
		require.Equal(t, p.request.Signature, hex.EncodeToString(sum[:]))
		assert.Zero(t, testing.AllocsPerRun(1000, func() { p.run(m, rules) }))
	}
}

// TestHostileInputCostsLittle bounds the time that the worst inputs within the limits take. The
// bound is 1 ms of work; the best of many runs is taken, because the machine may be busy.
func TestHostileInputCostsLittle(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector is slow by itself")
	}
	signed := signedByHeader(cs4Scope, get, "rule")
	names := func(count int, name string) string {
		var list strings.Builder
		for i := range count {
			fmt.Fprintf(&list, name, i)
		}
		return list.String()
	}
	for about, edit := range map[string]func(w *wire){
		"SignedHeaders of 64 KiB": func(w *wire) {
			w.replace("Authorization", "SignedHeaders=", "SignedHeaders="+strings.Repeat("a;", 32<<10))
		},
		"SignedHeaders of 30 KiB": func(w *wire) { w.replace("Authorization", "SignedHeaders=", "SignedHeaders="+names(4000, "a%04d;")) },
		"one name of 30 KiB": func(w *wire) {
			w.replace("Authorization", "SignedHeaders=", "SignedHeaders="+strings.Repeat("a", 30<<10))
		},
		"Connection of 30 KiB":  func(w *wire) { w.add("Connection", strings.Repeat("A,", 15<<10)) },
		"64 Connection options": func(w *wire) { w.add("Connection", strings.Repeat(strings.Repeat("A", 450)+",", 63)) },
		"256 parameters": func(w *wire) {
			w.target = "/?" + strings.TrimSuffix(strings.Repeat("%61%61%61%61%61%61%61%61%61%61%61%61%61%61%61%61%61%61%61%61&", 256), "&")
		},
		"parameters in reverse": func(w *wire) {
			w.target = "/?"
			for i := range 256 {
				w.target += fmt.Sprintf("%040d=%d&", 0, 999-i)
			}
			w.target = strings.TrimSuffix(w.target, "&")
		},
		"presigned parameters": func(w *wire) {
			w.headers = nil
			w.target = "/?X-Amz-Signature=a"
			for i := range 255 {
				w.target += fmt.Sprintf("&X-Amz-%040d=", i)
			}
		},
		"a path of 16 KiB":  func(w *wire) { w.target = "/" + strings.Repeat("%61", 5<<10) },
		"16 KiB of slashes": func(w *wire) { w.target = "/" + strings.Repeat("a/", 8000) },
		"a query of 1 MiB":  func(w *wire) { w.target = "/?" + strings.Repeat("a", 1<<20) },
		"60,000 headers": func(w *wire) {
			for i := range 60_000 {
				w.add(fmt.Sprintf("X-%d", i), "x")
			}
		},
		"60,000 lines of one header": func(w *wire) { w.headers = append(w.headers, make([]header, 60_000)...) },
		"a value of 16 MiB":          func(w *wire) { w.add("X-Long", strings.Repeat("x", 16<<20)) },
		"90 odd names, some signed": func(w *wire) {
			for i := range 60 {
				w.add(fmt.Sprintf("X_%s%d", strings.Repeat("y", 120), 100+i), "x")
				w.replace("Authorization", ";x-countersign-nonce", fmt.Sprintf(";x-countersign-nonce;x_%s%d", strings.Repeat("y", 120), 159-i))
			}
			for i := range 30 {
				w.add(fmt.Sprintf("X~%s%d", strings.Repeat("y", 120), 200+i), "x")
			}
		},
	} {
		t.Run(about, func(t *testing.T) {
			w := signed.clone()
			edit(&w)
			if strings.HasPrefix(about, "60,000 lines") {
				for i := range w.headers {
					if w.headers[i].name == "" {
						w.headers[i].name = "X-Many"
					}
				}
			}
			m := w.message()
			best := time.Hour
			var r canonical.Request
			for range 20 {
				start := time.Now()
				_ = r.Parse(m, &canonical.Rules{})
				best = min(best, time.Since(start))
			}
			t.Logf("%v (%v)", best, r.Parse(m, &canonical.Rules{}))
			assert.Less(t, best, time.Millisecond)
		})
	}
}

// BenchmarkVerify is the work of a verifier on a GET, but for the key's look-up and the claim.
func BenchmarkVerify(b *testing.B) {
	m, rules := sixHeaders(cs4Scope), &canonical.Rules{}
	var p pass
	b.ReportAllocs()
	for b.Loop() {
		p.run(m, rules)
	}
}

func BenchmarkParse(b *testing.B) {
	m, rules := sixHeaders(cs4Scope), &canonical.Rules{}
	var r canonical.Request
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Parse(m, rules); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHashing is the floor under BenchmarkVerify: the hashing of the same bytes, and no more.
func BenchmarkHashing(b *testing.B) {
	var p pass
	p.run(sixHeaders(cs4Scope), &canonical.Rules{})
	mac, sum := hmac.New(sha256.New, refKeys(cs4Scope, testSecret)[3]), make([]byte, 0, sha256.Size)
	var sink hash.Hash = mac
	b.ReportAllocs()
	for b.Loop() {
		sha256.Sum256(p.canonical)
		sink.Reset()
		sink.Write(p.toSign)
		sum = sink.Sum(sum[:0])
	}
}
