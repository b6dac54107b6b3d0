package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/hashicorp/vault/vault"
)

// mount puts KV v2 at secret/ and AppRole at auth/approle/. It asks the Vault over a listener of
// its own: the public one may speak TLS.
func mount(ctx context.Context, core *vault.Core, i initial) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newHandler(core, listener), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()

	config := api.DefaultConfig()
	config.Address = "http://" + listener.Addr().String()
	client, err := api.NewClient(config)
	if err != nil {
		return err
	}
	client.SetToken(i.RootToken)
	client.ClearNamespace()
	if err := client.Sys().MountWithContext(ctx, "secret", &api.MountInput{Type: "kv", Options: map[string]string{"version": "2"}}); err != nil {
		return err
	}
	if err := client.Sys().EnableAuthWithOptionsWithContext(ctx, "approle", &api.EnableAuthOptions{Type: "approle"}); err != nil {
		return err
	}
	return waitForKV(ctx, client)
}

// waitForKV returns when the mount has become a versioned one, which it does in the background.
func waitForKV(ctx context.Context, client *api.Client) error {
	for range 600 {
		_, err := client.Logical().ListWithContext(ctx, "secret/metadata/")
		var refused *api.ResponseError
		if !errors.As(err, &refused) || refused.StatusCode != http.StatusBadRequest {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the KV mount at secret/ did not become ready in 30 s")
}
