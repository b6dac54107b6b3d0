package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/server/filekeys"
)

// keyStore is where the keys commands keep keys. Each call is one atomic change; an id that is not
// there, or is there already, is an error that says so.
type keyStore interface {
	Records(ctx context.Context) ([]filekeys.Record, error)
	Add(ctx context.Context, record filekeys.Record) error
	// Update changes a record; an error of change leaves it as it is, and is returned.
	Update(ctx context.Context, id string, change func(*filekeys.Record) error) error
	Remove(ctx context.Context, id string) error
}

// keysCommand is what the keys commands share.
type keysCommand struct {
	now  func() time.Time
	file string
}

// keysFileVariable names the key file where --file does not.
const keysFileVariable = "COUNTERSIGN_KEYS_FILE"

func newKeysCommand() *cobra.Command { return (&keysCommand{now: time.Now}).command() }

func (k *keysCommand) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list, rotate and revoke API keys",
		Long: `Keep the API keys of a verifier in a key file: make them, look at them, rotate their secrets
without a gap, and revoke them. A running verifier sees each change a moment later.

A key is an id, which is public, and a secret, which signs. The secret is shown once, when it is
made, and never again; the file holds it, and so must be readable by the verifier alone.

The key file is named by --file, or by the environment variable ` + keysFileVariable + `.`,
		Example: `  export ` + keysFileVariable + `=keys.yaml
  countersign keys new --environment live --scope orders:read
  countersign keys list
  countersign keys rotate ck_live_7h2kq9m4x8wz3n5c --overlap 24h
  countersign keys revoke ck_live_7h2kq9m4x8wz3n5c`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&k.file, "file", "", "the key `FILE` (default $"+keysFileVariable+")")
	cmd.AddCommand(k.newCommand(), k.listCommand(), k.showCommand(), k.rotateCommand(), k.revokeCommand())
	return cmd
}

// store opens the store that the flags name.
func (k *keysCommand) store(cmd *cobra.Command) (keyStore, error) {
	file := k.file
	if file == "" {
		file = os.Getenv(keysFileVariable)
	}
	if file == "" {
		return nil, usagef("name the key file: --file keys.yaml, or the environment variable %s", keysFileVariable)
	}
	return &keyFile{path: file, now: k.now, notes: cmd.ErrOrStderr()}, nil
}

// find returns the record of an id.
func (k *keysCommand) find(cmd *cobra.Command, id string) (filekeys.Record, error) {
	store, err := k.store(cmd)
	if err != nil {
		return filekeys.Record{}, err
	}
	records, err := store.Records(cmd.Context())
	if err != nil {
		return filekeys.Record{}, err
	}
	at, err := indexOfKey(records, id)
	if err != nil {
		return filekeys.Record{}, err
	}
	return records[at], nil
}

// oneID admits the id of a key as the one argument.
func oneID(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("%s takes one argument, the ID of a key, not %d", cmd.CommandPath(), len(args))
	}
	return nil
}
