package vaulttest

import (
	"context"
	"testing"
)

// What is written is there after a restart, at the same address, and not while the server is sealed.
func TestServerKeepsDataAcrossRestarts(t *testing.T) {
	s := Start(t, TLS())
	ctx := context.Background()
	kv := s.Root(t).KVv2("secret")
	if _, err := kv.Put(ctx, "kept", map[string]any{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	address := s.Address
	s.Stop(t)
	if _, err := kv.Get(ctx, "kept"); err == nil {
		t.Fatal("a stopped server answered")
	}
	s.Restart(t, true)
	if _, err := kv.Get(ctx, "kept"); err == nil || s.Address != address {
		t.Fatalf("a sealed server answered, or at %s instead of %s", s.Address, address)
	}
	s.Unseal(t)
	for range 2 {
		got, err := kv.Get(ctx, "kept")
		if err != nil || got.Data["a"] != "b" {
			t.Fatalf("%v, %v", got, err)
		}
		s.Seal(t)
		s.Unseal(t)
	}
}
