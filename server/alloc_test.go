package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/nonce"
)

func TestVerifyOfWarmGetAllocatesNextToNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const runs = 200
	u := newSetup(t, func(u *setup) {
		u.policy.Observe = nil
		memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, Clock: u.clock})
		require.NoError(t, err)
		u.nonces = memory
	})
	var requests []*http.Request
	for range runs + 2 {
		requests = append(requests, sixHeaders().request(t))
	}
	require.Len(t, requests[0].Header, 6)
	_, err := u.Verify(requests[0]) // warm
	require.NoError(t, err)
	next := 1
	allocations := testing.AllocsPerRun(runs, func() {
		if _, err := u.Verify(requests[next]); err != nil {
			t.Fatal(err)
		}
		next++
	})
	t.Logf("%.1f allocations", allocations)
	require.LessOrEqual(t, allocations, 2.0)
}

// sixHeaders is a GET as an API client sends it: 6 header lines besides Host.
func sixHeaders() signing {
	s := newSigning()
	s.headers = []string{"Accept: application/json", "User-Agent: orders/1.0", "X-Tenant: 7"}
	s.unsigned = []string{"accept", "user-agent"}
	return s
}

// BenchmarkVerify measures all but the claim, as a multiple of the bare hashing of the same bytes.
func BenchmarkVerify(b *testing.B) {
	for name, s := range map[string]signing{"GET": sixHeaders(), "POST1KiB": newPost(strings.Repeat("x", 1<<10))} {
		b.Run(name, func(b *testing.B) {
			u := newSetup(b, func(u *setup) { u.policy.Observe, u.nonces = nil, new(openStore) })
			req := s.request(b)
			body := req.Body
			floor := newFloor(s)
			floors, verifies := time.Duration(0), time.Duration(0)
			b.ReportAllocs()
			b.ResetTimer()
			const turn = 100 // the two take turns, so that the machine's moods hit both
			for done := 0; done < b.N; done += turn {
				start := time.Now()
				for range turn {
					floor()
				}
				middle := time.Now()
				for range turn {
					if s.body != "" {
						req.Body, req.ContentLength = rewound(s.body), int64(len(s.body))
					} else {
						req.Body = body
					}
					if _, err := u.Verify(req); err != nil {
						b.Fatal(err)
					}
				}
				floors, verifies = floors+middle.Sub(start), verifies+time.Since(middle)
			}
			b.ReportMetric(float64(verifies)/float64(floors), "x-floor")
			b.ReportMetric(float64(floors)/float64(b.N), "floor-ns/op")
			b.ReportMetric(float64(verifies)/float64(b.N), "verify-ns/op")
		})
	}
}

type rewoundBody struct{ *strings.Reader }

func (rewoundBody) Close() error { return nil }

func rewound(body string) rewoundBody { return rewoundBody{strings.NewReader(body)} }

// newFloor returns the least that any verifier does: hash the body, the canonical request, and MAC
// the string to sign with a key that is at hand.
func newFloor(s signing) func() {
	canonical, toSign := s.texts()
	var mac hash.Hash = hmac.New(sha256.New, s.signingKey())
	var sum [sha256.Size]byte
	body, canonicalBytes, toSignBytes := []byte(s.body), []byte(canonical), []byte(toSign)
	return func() {
		if len(body) != 0 {
			sha256.Sum256(body)
		}
		sha256.Sum256(canonicalBytes)
		mac.Reset()
		mac.Write(toSignBytes)
		mac.Sum(sum[:0])
	}
}
