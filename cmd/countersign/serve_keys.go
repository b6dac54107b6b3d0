package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/countersign-dev/countersign/internal/service/config"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/filekeys"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// keySource is where a running service takes its keys from.
type keySource struct {
	server.KeySource
	close func() error
	// state tells how the source stands, for the readiness report.
	state func(context.Context) (note string, err error)
}

// openKeys opens the source that a configuration names.
func openKeys(ctx context.Context, keys config.Keys, logger *slog.Logger) (*keySource, error) {
	if keys.Vault != nil {
		return vaultSource(ctx, vaultOptions(keys.Vault, logger))
	}
	return fileSource(keys.File, logger)
}

func fileSource(path string, logger *slog.Logger) (*keySource, error) {
	source, err := filekeys.Open(path, filekeys.Options{Logger: logger})
	if err != nil {
		return nil, err
	}
	return &keySource{KeySource: source, close: source.Close, state: func(context.Context) (string, error) {
		return fileState(source.Status()), nil
	}}, nil
}

// fileState tells of a key file that could not be loaded. The keys that were there before stay in
// force, so that a broken edit does not take the service away.
func fileState(status filekeys.Status) string {
	if status.Err != nil {
		return fmt.Sprintf("serving the %d keys of %s: %v", status.Keys, status.LoadedAt.UTC().Format(time.RFC3339), status.Err)
	}
	return fmt.Sprintf("%d keys", status.Keys)
}

func vaultSource(ctx context.Context, options vaultkeys.Options) (*keySource, error) {
	source, err := vaultkeys.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	return &keySource{KeySource: source, close: source.Close, state: func(ctx context.Context) (string, error) {
		return vaultState(source.Status()), source.Ready(ctx)
	}}, nil
}

// vaultState tells how old the keys are, and of an outage in which they still serve.
func vaultState(status vaultkeys.Status) string {
	note := status.Note()
	if n := len(status.Malformed); n > 0 {
		note += fmt.Sprintf("; %d malformed, such as %s", n, status.Malformed[0].ID)
	}
	switch {
	case status.LoginError != nil:
		note += fmt.Sprintf("; no login: %v", status.LoginError)
	case status.LastErrorAt.After(status.LastSuccess):
		note += fmt.Sprintf("; Vault does not answer: %v", status.LastError)
	}
	return note
}

// vaultOptions translates a checked configuration.
func vaultOptions(v *config.Vault, logger *slog.Logger) vaultkeys.Options {
	options := vaultkeys.Options{
		Address: v.Address, Namespace: v.Namespace, Mount: v.Mount, Prefix: v.Prefix,
		Overlap: v.Overlap.D, Refresh: v.Refresh.D, MaxStale: v.MaxStale.D, Logger: logger,
	}
	if v.TLS != nil {
		options.CACert = v.TLS.CA
	}
	if v.Auth == nil {
		return options // the token of VAULT_TOKEN
	}
	options.Auth.TokenFile = v.Auth.TokenFile
	if a := v.Auth.AppRole; a != nil {
		options.Auth.AppRole = &vaultkeys.AppRole{RoleID: a.RoleID, SecretIDFile: a.SecretIDFile, Mount: a.Mount}
	}
	if k := v.Auth.Kubernetes; k != nil {
		options.Auth.Kubernetes = &vaultkeys.Kubernetes{Role: k.Role, TokenFile: k.TokenFile, Mount: k.Mount}
	}
	return options
}
