package vaultkeys_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// A verifier of keys in the Vault that VAULT_ADDR names.
func ExampleOpen() {
	keys, err := vaultkeys.Open(context.Background(), vaultkeys.Options{
		Auth: vaultkeys.Auth{AppRole: &vaultkeys.AppRole{RoleID: "…", SecretIDFile: "/etc/countersign/secret-id"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	nonces, err := nonce.NewMemory(nonce.MemoryOptions{})
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := server.NewVerifier(keys, nonces, server.Policy{Region: "live", Service: "orders"})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/", verifier.Handler(http.DefaultServeMux))
}

// What is wrong with a record is told by field, and never by value.
func ExampleParseFields() {
	_, err := vaultkeys.ParseFields("ck_live_7h2kq9m4x8wz3n5c", map[string]any{"environment": "live", "secret": "too short"})
	fmt.Println(err)
	// Output: secret: a secret that countersign did not make must be at least 32 bytes long
}
