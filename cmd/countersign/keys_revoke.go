package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/server/filekeys"
)

func (k *keysCommand) revokeCommand() *cobra.Command {
	index, remove := 0, false
	cmd := &cobra.Command{
		Use:   "revoke ID [--secret-index N | --remove]",
		Short: "Revoke a key, or one of its secrets",
		Long: `Revoke a key: verifiers refuse it as soon as they have seen the change, a moment later, and
clients cannot tell it from a wrong signature.

The key stays where it is, disabled, so that logs that name it still mean something, and its id is
not used again. --remove takes it out of the file, or all its versions out of Vault. To undo a
revocation, take the line 'disabled: true' out of the file; in Vault, write disabled=false with
'vault kv patch'.

--secret-index revokes one secret only, as 'countersign keys show' counts them: 0 is the newest. A key's
last active secret cannot be revoked so: rotate first, or revoke the key. In Vault older secrets end
together: --secret-index 1 revokes all of them.`,
		Example: `  countersign keys revoke ck_live_7h2kq9m4x8wz3n5c --file keys.yaml
  countersign keys revoke ck_live_7h2kq9m4x8wz3n5c --secret-index 1    # its clients have moved on
  countersign keys revoke ck_live_7h2kq9m4x8wz3n5c --remove`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			single := cmd.Flags().Changed("secret-index")
			switch {
			case single && remove:
				return usagef("--secret-index and --remove exclude each other")
			case single:
				return k.revokeSecret(cmd, args[0], index)
			}
			return k.revoke(cmd, args[0], remove)
		},
	}
	cmd.Flags().IntVar(&index, "secret-index", 0, "revoke the secret `N` alone; 0 is the newest")
	cmd.Flags().BoolVar(&remove, "remove", false, "remove the key altogether, rather than disable it")
	k.overlapFlag(cmd)
	return cmd
}

func (k *keysCommand) revoke(cmd *cobra.Command, id string, remove bool) error {
	store, err := k.store(cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	done := "revoked %s: it stays in %s, disabled; %s\n"
	if remove {
		done = "revoked %s, and removed it from %s; %s\n"
		err = store.Remove(cmd.Context(), id)
	} else {
		err = store.Update(cmd.Context(), id, func(r *filekeys.Record) error {
			r.Disabled = true
			return nil
		})
	}
	if err == nil {
		fmt.Fprintf(cmd.ErrOrStderr(), done, id, &k.place, k.place.seen())
	}
	return err
}

func (k *keysCommand) revokeSecret(cmd *cobra.Command, id string, index int) error {
	store, err := k.store(cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	var newest filekeys.Secret
	revoked := fmt.Sprint("secret ", index)
	err = store.Update(cmd.Context(), id, func(r *filekeys.Record) error {
		if k.place.vault && index > 0 && index < len(r.Secrets)-1 {
			revoked = fmt.Sprintf("secrets %d to %d", index, len(r.Secrets)-1)
			r.Secrets = r.Secrets[:index+1]
		}
		err := r.RevokeSecret(index, k.now())
		newest = r.Secrets[0]
		return err
	})
	if err != nil {
		return err
	}
	notes := cmd.ErrOrStderr()
	fmt.Fprintf(notes, "revoked %s of %s\n", revoked, id)
	if !newest.NotAfter.IsZero() && !k.place.vault {
		fmt.Fprintf(notes, "the newest secret that is left ends at %s: rotate the key before then\n", newest.NotAfter.Format(time.RFC3339))
	}
	return nil
}
