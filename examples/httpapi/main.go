// Command httpapi is a net/http API whose every request must be signed. It keeps used nonces in
// memory, and therefore refuses requests for the first 300 s after a start unless told that no
// other verifier has run with these keys (-new).
//
//	go run ./cmd/countersign keys new --file keys.yaml --environment test --scope orders:read
//	go run ./examples/httpapi -keys keys.yaml -new
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/filekeys"
)

func main() {
	keyFile := flag.String("keys", "keys.yaml", "key `file`")
	listen := flag.String("listen", "127.0.0.1:8082", "`address`")
	isNew := flag.Bool("new", false, "no verifier has run with these keys in the last minutes")
	flag.Parse()
	if err := run(*keyFile, *listen, *isNew); err != nil {
		log.Fatal(err)
	}
}

func run(keyFile, listen string, isNew bool) error {
	keys, err := filekeys.Open(keyFile, filekeys.Options{})
	if err != nil {
		return err
	}
	defer keys.Close()
	var options nonce.MemoryOptions
	if isNew {
		options.Initial = nonce.New
	}
	nonces, err := nonce.NewMemory(options)
	if err != nil {
		return err
	}
	defer nonces.Close()
	verifier, err := server.NewVerifier(keys, nonces, server.Policy{Region: "test", Service: "orders"})
	if err != nil {
		return err
	}

	mux := http.NewServeMux()
	mux.Handle("GET /v1/orders", server.RequireScope("orders:read")(http.HandlerFunc(listOrders)))
	return http.ListenAndServe(listen, verifier.Handler(mux))
}

func listOrders(w http.ResponseWriter, req *http.Request) {
	id, _ := server.IdentityFrom(req.Context())
	fmt.Fprintf(w, "no orders for %s\n", id.KeyID)
}
