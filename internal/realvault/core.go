package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical"
	"github.com/hashicorp/vault/sdk/physical/file"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// newCore returns a Vault on the files in directory, or in memory where it is empty.
func newCore(directory string) (*vault.Core, error) {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr})
	var storage physical.Backend
	var err error
	if directory == "" {
		storage, err = inmem.NewInmem(nil, logger)
	} else {
		storage, err = file.NewFileBackend(map[string]string{"path": filepath.Join(directory, "data")}, logger)
	}
	if err != nil {
		return nil, err
	}
	return vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		DisableMlock:       true,
		Logger:             logger,
		BuiltinRegistry:    builtins{},
		LogicalBackends:    map[string]logical.Factory{"kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{"approle": approle.Factory},
	})
}

// initial is what a Vault gives away once, when it is initialized.
type initial struct {
	RootToken string
	UnsealKey string
}

// initialize makes a new Vault of an empty one; of one that was started before it reads what was
// given away then.
func initialize(ctx context.Context, core *vault.Core, directory string) (i initial, fresh bool, err error) {
	path := filepath.Join(directory, "initial.json")
	if directory != "" {
		text, err := os.ReadFile(path)
		if err == nil {
			return i, false, json.Unmarshal(text, &i)
		}
		if !errors.Is(err, os.ErrNotExist) {
			return i, false, err
		}
	}
	result, err := core.Initialize(ctx, &vault.InitParams{
		BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
	})
	if err != nil {
		return i, false, err
	}
	i = initial{RootToken: result.RootToken, UnsealKey: hex.EncodeToString(result.SecretShares[0])}
	if directory != "" {
		text, err := json.Marshal(i)
		if err != nil {
			return i, false, err
		}
		return i, true, os.WriteFile(path, text, 0o600)
	}
	return i, true, nil
}

func unseal(core *vault.Core, i initial) error {
	key, err := hex.DecodeString(i.UnsealKey)
	if err != nil {
		return err
	}
	_, err = core.Unseal(key)
	return err
}
