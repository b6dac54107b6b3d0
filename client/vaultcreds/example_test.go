package vaultcreds_test

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/client/vaultcreds"
)

func ExampleOpen() {
	// VAULT_ADDR, and VAULT_CACERT where it is needed, come from the environment.
	source, err := vaultcreds.Open(context.Background(), "ck_live_7h2kq9m4x8wz3n5c", vaultcreds.Options{
		Auth: vaultcreds.Auth{AppRole: &vaultcreds.AppRole{RoleID: os.Getenv("ROLE_ID"), SecretIDFile: "/run/secrets/secret-id"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	signer := client.NewSigner(source, client.Target{Region: "live", Service: "orders"})
	api := &http.Client{Transport: signer.Transport(nil)}
	answer, err := api.Get("https://orders.example/v1/orders")
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
}
