package vaultkeys

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"

	"github.com/hashicorp/vault/api"
)

// newClient returns a client without a token, whose requests end with ctx, and the token that the
// environment holds.
func newClient(ctx context.Context, o Options) (client *api.Client, token string, err error) {
	config := api.DefaultConfig() // reads VAULT_ADDR and its like
	if config.Error != nil {
		return nil, "", fmt.Errorf("vaultkeys: a VAULT_* environment variable is wrong: %w", config.Error)
	}
	if o.Address != "" {
		config.Address, config.AgentAddress = o.Address, ""
	}
	if o.CACert != "" {
		if err := config.ConfigureTLS(&api.TLSConfig{CACert: o.CACert}); err != nil {
			return nil, "", fmt.Errorf("vaultkeys: keys.vault.tls.ca (Options.CACert): %w: name a PEM file", err)
		}
	}
	config.MaxRetries = 0 // whoever asks knows better when to ask again
	config.Timeout = o.Timeout
	client, err = api.NewClient(config)
	if err != nil {
		return nil, "", fmt.Errorf("vaultkeys: %w", err)
	}
	config.HttpClient.Transport = &boundTransport{base: config.HttpClient.Transport, ctx: ctx}
	if o.Namespace != "" {
		client.SetNamespace(o.Namespace)
	}
	client.SetWrappingLookupFunc(func(string, string) string { return "" })
	token = client.Token()
	client.ClearToken()
	return client, token, nil
}

// warnPlain warns of secrets that would cross a network unencrypted.
func warnPlain(logger *slog.Logger, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	logger.Warn("Vault is asked over plain HTTP, which shows every secret to the network between: use https",
		slog.String("address", u.Redacted()))
}
