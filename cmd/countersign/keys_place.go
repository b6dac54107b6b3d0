package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/server/filekeys"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// keysPlace says where keys are kept: the flags that all keys commands have.
type keysPlace struct {
	file                    string
	vault                   bool
	vaultMount, vaultPrefix string
}

// keysFileVariable names the key file where --file does not.
const keysFileVariable = "COUNTERSIGN_KEYS_FILE"

func (p *keysPlace) register(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&p.file, "file", "", "the key `FILE` (default $"+keysFileVariable+")")
	flags.BoolVar(&p.vault, "vault", false, "keep keys in Vault, at VAULT_ADDR, with the token of VAULT_TOKEN or 'vault login'")
	flags.StringVar(&p.vaultMount, "vault-mount", "secret", "the `PATH` of the KV engine, version 2")
	flags.StringVar(&p.vaultPrefix, "vault-prefix", "countersign/keys", "the `PATH` in the mount under which keys lie")
}

// String names the place in messages.
func (p *keysPlace) String() string {
	if p.vault {
		return "Vault"
	}
	return "the file"
}

// check refuses flags that belong together with others.
func (p *keysPlace) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case p.vault && given("file"):
		return usagef("--vault and --file exclude each other")
	case !p.vault && (given("vault-mount") || given("vault-prefix")):
		return usagef("--vault-mount and --vault-prefix belong to --vault")
	}
	return nil
}

// store opens the place that the flags name. The caller closes it.
func (k *keysCommand) store(cmd *cobra.Command) (keyStore, error) {
	if err := k.place.check(cmd); err != nil {
		return nil, err
	}
	if k.place.vault {
		return k.openVault(cmd)
	}
	file := k.place.file
	if file == "" {
		file = os.Getenv(keysFileVariable)
	}
	if file == "" {
		return nil, usagef("name the key file: --file keys.yaml, or the environment variable %s; for keys in Vault, give --vault", keysFileVariable)
	}
	return &keyFile{path: file, now: k.now, notes: cmd.ErrOrStderr()}, nil
}

func (k *keysCommand) openVault(cmd *cobra.Command) (keyStore, error) {
	auth, err := vaultAuth()
	if err != nil {
		return nil, err
	}
	if err := checkVaultAddress(); err != nil {
		return nil, err
	}
	options := vaultkeys.Options{Mount: k.place.vaultMount, Prefix: k.place.vaultPrefix, Now: k.now, Auth: auth}
	if k.overlap != "" {
		overlap, err := parseSpan(k.overlap)
		if err != nil {
			return nil, usagef("--overlap: %w", err)
		}
		options.Overlap = overlap // none, which ends what is there at once, asks for the default
	}
	connection, err := vaultkeys.Connect(cmd.Context(), options)
	if err != nil {
		return nil, hint(err)
	}
	store := &keyVault{connection: connection, notes: cmd.ErrOrStderr()}
	if err := store.checkMount(cmd.Context()); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// overlapFlag tells the commands that only look at keys in Vault, or revoke them, the verifiers'
// overlap.
func (k *keysCommand) overlapFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.overlap, "overlap", "24h", "with --vault: the `SPAN` that the verifiers are set to")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("overlap") && !k.place.vault {
			return usagef("--overlap belongs to --vault here: a key file says when each secret ends")
		}
		span, err := parseSpan(k.overlap)
		switch {
		case err != nil:
			return usagef("--overlap: %w", err)
		case span == 0:
			return usagef("--overlap tells the verifiers' keys.vault.overlap here, which is never 0; 'countersign keys rotate --overlap 0s' ends older secrets at once")
		}
		return nil
	}
}

// foundKey is a key, and, in Vault, its current version and those that brought its secrets.
type foundKey struct {
	filekeys.Record
	version  int
	versions []int
	deleted  bool // its current version is: nothing but the id is known
}

// find returns the key of an id.
func (k *keysCommand) find(cmd *cobra.Command, id string) (*foundKey, error) {
	store, err := k.store(cmd)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return store.Find(cmd.Context(), id)
}

// seen says when verifiers see a change.
func (p *keysPlace) seen() string {
	if p.vault {
		return "verifiers see it within their refresh interval, 30 s by default"
	}
	return "verifiers see it a moment later"
}
