package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/server/filekeys"
)

// keyStore is where the keys commands keep keys. Each call is one atomic change; an id that is not
// there, or is there already, is an error that says so.
type keyStore interface {
	// List returns all keys, those deleted in Vault included.
	List(ctx context.Context) ([]foundKey, error)
	Find(ctx context.Context, id string) (*foundKey, error)
	Add(ctx context.Context, record filekeys.Record) error
	// Update changes a record; an error of change leaves it as it is, and is returned.
	Update(ctx context.Context, id string, change func(*filekeys.Record) error) error
	Remove(ctx context.Context, id string) error
	Close() error
}

// keysCommand is what the keys commands share.
type keysCommand struct {
	now     func() time.Time
	place   keysPlace
	overlap string // --overlap, of the commands that have it
}

func newKeysCommand() *cobra.Command { return (&keysCommand{now: time.Now}).command() }

func (k *keysCommand) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list, rotate and revoke API keys",
		Long: `Keep the API keys of a verifier in a key file, or in Vault: make them, look at them, rotate their
secrets without a gap, and revoke them. A running verifier sees each change a moment later.

A key is an id, which is public, and a secret, which signs. The secret is shown once, when it is
made, and never again; the place that keeps it must be readable by the verifier alone.

A key file is named by --file, or by the environment variable ` + keysFileVariable + `.

With --vault keys are kept in a KV engine, version 2, one path a key; address and token come from
VAULT_ADDR, VAULT_TOKEN and the other variables that the vault command reads, or from 'vault login'.
A write takes effect only if nobody else has changed the key meanwhile. Versions of a path are the
rotations: how long an older secret stays valid is a setting of the verifiers (keys.vault.overlap),
and --overlap tells these commands what it is.`,
		Example: `  export ` + keysFileVariable + `=keys.yaml
  countersign keys new --environment live --scope orders:read
  countersign keys list
  countersign keys rotate ck_live_7h2kq9m4x8wz3n5c --overlap 24h
  countersign keys revoke ck_live_7h2kq9m4x8wz3n5c
  countersign keys show ck_live_7h2kq9m4x8wz3n5c --vault --admin http://127.0.0.1:9443`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	k.place.register(cmd)
	cmd.AddCommand(k.newCommand(), k.listCommand(), k.showCommand(), k.rotateCommand(), k.revokeCommand())
	return cmd
}

// oneID admits the id of a key as the one argument.
func oneID(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("%s takes one argument, the ID of a key, not %d", cmd.CommandPath(), len(args))
	}
	return nil
}
