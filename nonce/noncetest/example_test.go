package noncetest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

// A store's own tests move time by hand.
func Example() {
	clock := noncetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	store, err := nonce.NewMemory(nonce.MemoryOptions{Clock: clock})
	if err != nil {
		panic(err)
	}
	defer store.Close()

	fmt.Println(store.Ready(context.Background()) == nil)
	clock.Advance(nonce.ReplacementHold + time.Second)
	fmt.Println(store.Ready(context.Background()) == nil)
	// Output:
	// false
	// true
}
