package nonce_test

import (
	"context"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

func Example() {
	store, err := nonce.NewMemory(nonce.MemoryOptions{
		Initial: nonce.New, // no verifier has run with these keys in the last minutes
	})
	if err != nil {
		panic(err)
	}
	defer store.Close()

	ctx := context.Background()
	id := nonce.NewID("ck_live_7h2kq9m4x8wz3n5c", "0b0d7e0c-6d5b-4a3c-9d8e-1f2a3b4c5d6e")
	signed := time.Now()
	expires := signed.Add(302 * time.Second)
	fmt.Println(store.Claim(ctx, id, signed, expires))
	fmt.Println(store.Claim(ctx, id, signed, expires))
	// Output:
	// <nil>
	// nonce already used
}
