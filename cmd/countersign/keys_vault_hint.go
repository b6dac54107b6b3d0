package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/vault/api"

	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// vaultAuth takes the token of VAULT_TOKEN, or else that which 'vault login' left.
func vaultAuth() (vaultkeys.Auth, error) {
	if os.Getenv("VAULT_TOKEN") != "" {
		return vaultkeys.Auth{}, nil
	}
	if home, err := os.UserHomeDir(); err == nil {
		path := filepath.Join(home, ".vault-token")
		if _, err := os.Stat(path); err == nil {
			return vaultkeys.Auth{TokenFile: path}, nil
		}
	}
	return vaultkeys.Auth{}, errors.New("there is no token for Vault: set the environment variable VAULT_TOKEN, or run 'vault login'")
}

// checkVaultAddress refuses an address without a scheme, which is taken for a path.
func checkVaultAddress() error {
	if address := os.Getenv("VAULT_ADDR"); address != "" && !strings.Contains(address, "://") {
		return errors.New("http:// or https:// is missing from VAULT_ADDR: write https://vault.example:8200")
	}
	return nil
}

// hint makes one line of an error of Vault's client, and says what to do about it.
func hint(err error) error {
	var refused *api.ResponseError
	if errors.As(err, &refused) {
		text := strings.Join(strings.Fields(strings.Join(refused.Errors, "; ")), " ")
		err = fmt.Errorf("vault answered %d %s: %s", refused.StatusCode, http.StatusText(refused.StatusCode), text)
	}
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, known := range []struct{ says, hint string }{
		{"no handler for route", "nothing is mounted there: name the KV engine, version 2, with --vault-mount"},
		{"Vault is sealed", "unseal it, with 'vault operator unseal'"},
		{"403 Forbidden", "what the token must be allowed for the keys commands stands in server/vaultkeys/keeper.hcl"},
	} {
		if strings.Contains(text, known.says) {
			return fmt.Errorf("%w: %s", err, known.hint)
		}
	}
	var network *url.Error
	if errors.As(err, &network) && os.Getenv("VAULT_ADDR") == "" && os.Getenv("VAULT_AGENT_ADDR") == "" {
		return fmt.Errorf("%w: set VAULT_ADDR, to https://vault.example:8200 for instance", err)
	}
	return err
}

// checkMount refuses a mount that is no KV engine, version 2: what is written there would lie in
// plain sight, with no version, where no verifier looks. Where Vault does not tell, it may be one.
func (v *keyVault) checkMount(ctx context.Context) error {
	mount := v.connection.Mount()
	answer, err := v.connection.Client().Logical().ReadWithContext(ctx, "sys/internal/ui/mounts/"+mount)
	var refused *api.ResponseError
	switch {
	case errors.As(err, &refused) && refused.StatusCode < http.StatusInternalServerError:
		return nil
	case err != nil:
		return hint(err)
	case answer == nil || answer.Data["type"] == nil:
		return nil
	}
	options, _ := answer.Data["options"].(map[string]any)
	if path := answer.Data["path"]; answer.Data["type"] != "kv" || options["version"] != "2" || path != nil && path != mount+"/" {
		return notKV(mount)
	}
	return nil
}

func notKV(mount string) error {
	return fmt.Errorf("%s is not a KV engine, version 2: name another with --vault-mount", mount)
}
