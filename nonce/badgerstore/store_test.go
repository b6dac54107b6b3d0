package badgerstore

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func open(t testing.TB, path string, options Options) *Store {
	t.Helper()
	if options.Logger == nil {
		options.Logger = quiet
	}
	s, err := Open(context.Background(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func randomID() (id nonce.ID) {
	_, _ = rand.Read(id[:])
	return id
}

func TestStoreRemembersOverReopen(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, Options{Initial: nonce.New})
	now := time.Now()
	id := randomID()
	if err := s.Claim(context.Background(), id, now, now.Add(5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{Initial: nonce.New})
	if err := s.Claim(context.Background(), id, now, now.Add(5*time.Minute)); !errors.Is(err, nonce.ErrReplayed) {
		t.Fatalf("after reopening: %v, want ErrReplayed", err)
	}
}
