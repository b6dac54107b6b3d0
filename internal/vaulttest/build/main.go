// Command build builds the Vault server that the tests start, unless these sources have been built
// before, and prints where it is.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/countersign-dev/countersign/internal/vaulttest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	path, err := vaulttest.Build(ctx, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path)
}
