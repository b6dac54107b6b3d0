package server_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// An API that only signed requests reach, and a client that calls it.
func Example() {
	secret := "an-example-secret-that-nobody-must-use"
	keys := server.NewStaticKeys(&server.Key{
		ID: "ck_live_example", Environment: "live", Scopes: []string{"orders:read"},
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(secret)}},
	})
	nonces, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = nonces.Close() }()
	verifier, err := server.NewVerifier(keys, nonces, server.Policy{Region: "live", Service: "orders"})
	if err != nil {
		log.Fatal(err)
	}
	orders := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		id, _ := server.IdentityFrom(req.Context())
		fmt.Fprintf(w, "orders for %s", id.KeyID)
	})
	api := httptest.NewServer(verifier.Handler(server.RequireScope("orders:read")(orders)))
	defer api.Close()

	signer := client.NewSigner(client.Static("ck_live_example", secret), client.Target{Region: "live", Service: "orders"})
	for _, caller := range []*http.Client{{Transport: signer.Transport(nil)}, http.DefaultClient} {
		answer, err := caller.Get(api.URL + "/v1/orders")
		if err != nil {
			log.Fatal(err)
		}
		_ = answer.Body.Close()
		fmt.Println(answer.Status)
	}
	// Output:
	// 200 OK
	// 401 Unauthorized
}

// A program with an HTTP stack of its own calls Verify and answers by itself.
func ExampleVerifier_Verify() {
	nonces, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = nonces.Close() }()
	verifier, err := server.NewVerifier(server.StaticKeys{}, nonces, server.Policy{
		Region: "live", Service: "orders",
		Observe: func(_ context.Context, d server.Decision) { fmt.Println("observed:", d.Method, d.Path, d.Reason) },
	})
	if err != nil {
		log.Fatal(err)
	}
	req := httptest.NewRequest("GET", "/v1/orders?limit=10", nil)
	if _, err := verifier.Verify(req); err != nil {
		answer := httptest.NewRecorder()
		server.WriteError(answer, err)
		fmt.Println(answer.Code, answer.Header().Get("WWW-Authenticate"))
	}
	// Output:
	// observed: GET /v1/orders missing_signature
	// 401 CS4-HMAC-SHA256 realm="orders"
}
