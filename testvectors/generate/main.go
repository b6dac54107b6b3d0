// Generate writes the published test vectors.
//
// It implements the protocol a second time, from the specification, for clarity and not for
// speed, and shares no code with the canonical package: a mistake there cannot bless itself here.
// Run it from the root of the repository; the same source always writes the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("o", "testvectors", "the directory that holds accept, refuse and verifier.json")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run replaces the corpus under dir, so that a case that was removed or renamed leaves no file.
func run(dir string) error {
	files, err := corpus()
	if err != nil {
		return err
	}
	for _, folder := range []string{"accept", "refuse"} {
		if err := os.RemoveAll(filepath.Join(dir, folder)); err != nil {
			return err
		}
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
