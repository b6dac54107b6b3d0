package filekeys_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/countersign-dev/countersign/server/filekeys"
)

// A program makes a key file with one key, and serves it.
func Example() {
	directory, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "keys.yaml")

	key, err := filekeys.NewRecord("live", time.Now())
	if err != nil {
		log.Fatal(err)
	}
	key.Scopes = []string{"orders:read"}
	_, err = filekeys.Edit(context.Background(), path, filekeys.EditOptions{Create: true},
		func(records []filekeys.Record) ([]filekeys.Record, error) { return append(records, key), nil })
	if err != nil {
		log.Fatal(err)
	}

	source, err := filekeys.Open(path, filekeys.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	served, err := source.Key(context.Background(), key.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(served.Environment, served.Scopes, served.Secrets[0].Secret)
	// Output: live [orders:read] [redacted]
}
