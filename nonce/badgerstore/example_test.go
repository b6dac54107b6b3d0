package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
)

func Example() {
	path, err := os.MkdirTemp("", "claims")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(path)

	ctx := context.Background()
	store, err := badgerstore.Open(ctx, path, badgerstore.Options{
		Initial: nonce.New, // a first start: no verifier has run with these keys before
		Logger:  slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		panic(err)
	}
	id := nonce.NewID("ck_live_7h2kq9m4x8wz3n5c", "0b0d7e0c-6d5b-4a3c-9d8e-1f2a3b4c5d6e")
	signed := time.Now()
	expires := signed.Add(302 * time.Second)
	fmt.Println(store.Claim(ctx, id, signed, expires))
	if err := store.Close(); err != nil {
		panic(err)
	}

	store, err = badgerstore.Open(ctx, path, badgerstore.Options{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		panic(err)
	}
	defer store.Close()
	// On Linux the store knows the claim; elsewhere, without a boot id, it refuses what was signed
	// before it was opened.
	err = store.Claim(ctx, id, signed, expires)
	fmt.Println(errors.Is(err, nonce.ErrReplayed) || errors.Is(err, nonce.ErrTooOld))
	// Output:
	// <nil>
	// true
}
