package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/client"
)

const (
	keyID  = "ck_live_0123456789abcdef"
	secret = "an-imported-secret-of-thirty-two-bytes-or-more"
)

func Example() {
	// An API that shows how it was called.
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		scheme, _, _ := strings.Cut(req.Header.Get("Authorization"), " ")
		fmt.Println(req.Method, req.RequestURI, scheme)
	}))
	defer api.Close()

	signer := client.NewSigner(client.Static(keyID, secret), client.Target{Region: "live", Service: "orders"})
	httpClient := &http.Client{Transport: signer.Transport(nil)}

	resp, err := httpClient.Post(api.URL+"/v1/orders", "application/json", strings.NewReader(`{"item": 42}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output:
	// POST /v1/orders CS4-HMAC-SHA256
	// 200 OK
}

func ExampleSigner_Sign() {
	signer := client.NewSigner(client.Static(keyID, secret), client.Target{Region: "live", Service: "orders"})

	req, _ := http.NewRequest("GET", "https://api.example.com/v1/../admin", nil)
	fmt.Println(signer.Sign(req)) // refused here, as the verifier would refuse it

	req, _ = http.NewRequest("GET", "https://api.example.com/v1/orders", nil)
	fmt.Println(signer.Sign(req), len(req.Header))
	// Output:
	// countersign: bad_path: the path holds a . or .. segment: send the path it stands for
	// <nil> 4
}

func ExampleSigner_Presign() {
	signer := client.NewSigner(client.Static(keyID, secret), client.Target{Region: "live", Service: "orders"})

	req, _ := http.NewRequest("GET", "https://api.example.com/v1/invoices/7.pdf", nil)
	u, err := signer.Presign(req, 5*time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Path, u.Query().Get("X-Countersign-Expires"))
	// Output:
	// /v1/invoices/7.pdf 300
}
