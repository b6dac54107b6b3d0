package echoauth_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/labstack/echo/v4"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/echoauth"
)

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

	e := echo.New()
	e.Pre(echoauth.Middleware(verifier)) // before routing, and before anything that rewrites
	e.GET("/v1/orders/:id", func(c echo.Context) error {
		id, _ := echoauth.Identity(c)
		return c.String(http.StatusOK, c.Param("id")+" for "+id.KeyID)
	}, echoauth.RequireScope("orders:read"))
	e.DELETE("/v1/orders/:id", func(c echo.Context) error {
		return c.NoContent(http.StatusNoContent)
	}, echoauth.RequireScope("orders:write"))
	api := httptest.NewServer(e)
	defer api.Close()

	signer := client.NewSigner(client.Static("ck_live_example", secret), client.Target{Region: "live", Service: "orders"})
	caller := &http.Client{Transport: signer.Transport(nil)}
	for _, method := range []string{"GET", "DELETE"} {
		req, err := http.NewRequest(method, api.URL+"/v1/orders/7", nil)
		if err != nil {
			log.Fatal(err)
		}
		answer, err := caller.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		_ = answer.Body.Close()
		fmt.Println(method, answer.Status)
	}
	// Output:
	// GET 200 OK
	// DELETE 403 Forbidden
}
