// Package request holds the requests that the benchmarks sign, verify and send: [Kinds].
package request

import (
	"bytes"
	"net/http"
)

// Kind is a kind of request.
type Kind struct {
	Name   string
	Method string
	Size   int // of the body, in bytes
}

// Kinds returns the kinds that are signed and verified.
func Kinds() []Kind {
	return []Kind{
		{"GET", http.MethodGet, 0},
		{"POST 1 KiB", http.MethodPost, 1 << 10},
		{"POST 64 KiB", http.MethodPost, 64 << 10},
		{"POST 1 MiB", http.MethodPost, 1 << 20},
	}
}

// Body returns the body of a kind, JSON, or nil if it has none.
func (k Kind) Body() []byte {
	if k.Size == 0 {
		return nil
	}
	text := append([]byte(`{"note":"`), bytes.Repeat([]byte("a"), k.Size)...)
	return append(text[:k.Size-len(`"}`)], `"}`...)
}

// New returns a request to a server (http://host:port), as an application hands it to a signer: with
// six headers, and a query that has to be parsed, sorted and encoded again.
func (k Kind) New(server string) (*http.Request, error) {
	req, err := http.NewRequest(k.Method, server+"/v1/orders/42?limit=50&cursor=abc%20def", bytes.NewReader(k.Body()))
	if err != nil {
		return nil, err
	}
	if k.Size == 0 {
		req.Body, req.GetBody = nil, nil
	}
	req.Header = http.Header{
		"Accept":           {"application/json"},
		"Accept-Language":  {"en-GB, en;q=0.8"},
		"Content-Type":     {"application/json"},
		"Idempotency-Key":  {"6f1c2f5e-8c0b-4a37-9a53-0f3f5e0c9c1d"},
		"X-Client-Version": {"4.11.0"},
		"X-Tenant":         {"acme"},
	}
	return req, nil
}
