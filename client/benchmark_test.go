package client

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

func TestSignAllocatesLittle(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	signer := testSigner()
	const runs = 1000
	requests := make([]*http.Request, runs+1)
	for i := range requests {
		requests[i] = get(t, "http://127.0.0.1:8080/v1/orders/42?expand=lines&currency=EUR")
	}
	next := 0
	allocations := testing.AllocsPerRun(runs, func() {
		if err := signer.Sign(requests[next]); err != nil {
			t.Fatal(err)
		}
		next++
	})
	if allocations > 4 {
		t.Errorf("Sign allocates %v times", allocations)
	}
}

func BenchmarkSign(b *testing.B) {
	for name, body := range map[string][]byte{"GET": nil, "POST 1 KiB": bytes.Repeat([]byte("a"), 1<<10)} {
		b.Run(name, func(b *testing.B) {
			req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:8080/v1/orders/42?expand=lines", nil)
			if body != nil {
				req, err = http.NewRequest(http.MethodPost, "http://127.0.0.1:8080/v1/orders", bytes.NewReader(body))
			}
			if err != nil {
				b.Fatal(err)
			}
			signer := testSigner()
			b.ReportAllocs()
			for b.Loop() {
				req.Header = make(http.Header)
				if err := signer.Sign(req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPresign(b *testing.B) {
	req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:8080/v1/orders/42?expand=lines", nil)
	if err != nil {
		b.Fatal(err)
	}
	signer := testSigner()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signer.Presign(req, time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}
