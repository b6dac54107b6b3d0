package vaulttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// progressEvery is how often a build says that it is still at work.
const progressEvery = 15 * time.Second

// Build returns the path of the server's binary, after building it if these sources have not been
// built on this machine yet. It tells progress on out. Of several callers, in any process, one
// builds and the others wait.
func Build(ctx context.Context, out io.Writer) (string, error) {
	source, err := sourceDirectory()
	if err != nil {
		return "", err
	}
	name, err := binaryName(source)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	directory := filepath.Join(cache, "countersign", "realvault")
	path := filepath.Join(directory, name)
	if built(path) {
		return path, nil
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", err
	}
	stop := tell(out, "building Vault for the tests, once (some ten minutes on two cores, if none of it was compiled before)")
	defer stop()
	lock := flock.New(filepath.Join(directory, "lock"))
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return "", fmt.Errorf("waiting for another build of Vault: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	if built(path) {
		return path, nil
	}
	return path, compile(ctx, source, path)
}

func built(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// compile puts the binary in place at once, so that no half of one is ever found there, and removes
// those of earlier sources.
func compile(ctx context.Context, source, path string) error {
	unfinished := path + ".unfinished"
	// One package at a time: compilers of Vault's size take memory, and others want the processors.
	command := exec.CommandContext(ctx, "go", "build", "-C", source, "-p", "1", "-o", unfinished, ".")
	command.Env = append(os.Environ(), "GOWORK=off")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building Vault in %s: %w\n%s", source, err, text)
	}
	earlier, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "realvault-*"))
	for _, name := range earlier {
		if name != unfinished {
			_ = os.Remove(name)
		}
	}
	return os.Rename(unfinished, path)
}

// binaryName holds a hash of everything that the binary is made of.
func binaryName(source string) (string, error) {
	files, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, path := range append(files, filepath.Join(source, "go.mod"), filepath.Join(source, "go.sum")) {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(hash, filepath.Base(path), len(text))
		hash.Write(text)
	}
	name := "realvault-" + hex.EncodeToString(hash.Sum(nil)[:8])
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name, nil
}

// sourceDirectory finds internal/realvault above the working directory, which go test makes that of
// the package under test.
func sourceDirectory() (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		source := filepath.Join(directory, "internal", "realvault")
		if _, err := os.Stat(filepath.Join(source, "go.mod")); err == nil {
			return source, nil
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return "", errors.New("internal/realvault was not found above the working directory: run this inside the checkout")
		}
		directory = parent
	}
}

// tell says on out what is going on, now and every while, until stop is called.
func tell(out io.Writer, what string) (stop func()) {
	began, done, ended := time.Now(), make(chan struct{}), make(chan struct{})
	ticker := time.NewTicker(progressEvery)
	go func() {
		defer close(ended)
		defer ticker.Stop()
		for {
			fmt.Fprintf(out, "== %s: %s so far\n", what, time.Since(began).Round(time.Second))
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		fmt.Fprintf(out, "== built after %s\n", time.Since(began).Round(time.Second))
	}
}
