// Command echoapi is an Echo API whose every request must be signed, and whose routes require scopes.
//
//	go run ./cmd/countersign keys new --file keys.yaml --environment test --scope orders:read
//	go run ./examples/echoapi -keys keys.yaml -new
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"syscall"

	"github.com/labstack/echo/v4"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/echoauth"
	"github.com/countersign-dev/countersign/server/filekeys"
)

func main() {
	keyFile := flag.String("keys", "keys.yaml", "key `file`")
	claims := flag.String("claims", "claims", "`directory` of used nonces")
	listen := flag.String("listen", "127.0.0.1:8081", "`address`")
	isNew := flag.Bool("new", false, "no verifier has run with these keys in the last minutes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *keyFile, *claims, *listen, *isNew); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, keyFile, claims, listen string, isNew bool) error {
	keys, err := filekeys.Open(keyFile, filekeys.Options{})
	if err != nil {
		return err
	}
	defer keys.Close()
	var options badgerstore.Options // a new store refuses what is signed in its first 300 s
	if isNew {
		options.Initial = nonce.New
	}
	nonces, err := badgerstore.Open(ctx, claims, options)
	if err != nil {
		return err
	}
	defer nonces.Close()
	verifier, err := server.NewVerifier(keys, nonces, server.Policy{Region: "test", Service: "orders"})
	if err != nil {
		return err
	}

	e := echo.New()
	e.HideBanner = true
	e.Pre(echoauth.Middleware(verifier))
	e.GET("/v1/orders", listOrders, echoauth.RequireScope("orders:read"))
	e.POST("/v1/orders", createOrder, echoauth.RequireScope("orders:write"))
	context.AfterFunc(ctx, func() { _ = e.Shutdown(context.Background()) })
	if err := e.Start(listen); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func listOrders(c echo.Context) error {
	id, _ := echoauth.Identity(c)
	return c.JSON(http.StatusOK, map[string]any{"orders": []string{}, "for": id.KeyID})
}

func createOrder(c echo.Context) error {
	return c.JSON(http.StatusCreated, map[string]any{"created": true})
}
