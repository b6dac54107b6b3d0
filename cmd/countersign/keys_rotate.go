package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/server/filekeys"
)

func (k *keysCommand) rotateCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "rotate ID [--overlap 24h]",
		Short: "Give a key a new secret, and let the old ones run out",
		Long: `Give a key a new secret, and show it this one time. The secrets before it stay valid for the
overlap, so that clients can move to the new one without a gap; those that have ended are removed.

A key can have four active secrets. A fifth is refused, because some client may still use the
oldest; --force drops that one, and says so. With --overlap 0s the old secrets end at once: that
is for a secret that has leaked.

In Vault the overlap is a setting of the verifiers (keys.vault.overlap): there --overlap tells what
it is, but for 0s, which ends the old secrets at once all the same. So does the rotation of a key
that is disabled or has expired, so that no old secret comes back with it.`,
		Example: `  countersign keys rotate ck_live_7h2kq9m4x8wz3n5c --file keys.yaml
  countersign keys rotate ck_live_7h2kq9m4x8wz3n5c --overlap 7d
  countersign keys rotate ck_live_7h2kq9m4x8wz3n5c --overlap 0s    # it leaked
  countersign keys rotate ck_live_7h2kq9m4x8wz3n5c --vault`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			span, err := parseSpan(k.overlap)
			if err != nil {
				return usagef("--overlap: %w", err)
			}
			return k.rotate(cmd, args[0], filekeys.Rotation{Now: k.now(), Overlap: span, Force: force})
		},
	}
	cmd.Flags().StringVar(&k.overlap, "overlap", "24h", "the `SPAN` for which older secrets stay valid: 24h, 7d, 0s")
	cmd.Flags().BoolVar(&force, "force", false, "drop the oldest active secret where there would be five")
	return cmd
}

func (k *keysCommand) rotate(cmd *cobra.Command, id string, rotation filekeys.Rotation) error {
	store, err := k.store(cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	var rotated filekeys.Record
	dropped, ended := 0, ""
	err = store.Update(cmd.Context(), id, func(r *filekeys.Record) (err error) {
		// The overlap in Vault is the verifiers', and goes on while the key is refused: whoever enables
		// it within that time would bring the secret that it was revoked for back to life.
		if state := keyState(r, k.now()); k.place.vault && (state == "disabled" || state == "expired") {
			rotation.Overlap, ended = 0, state
		}
		if dropped, err = r.Rotate(filekeys.NewSecret(r.Environment), rotation); err != nil {
			return err
		}
		rotated = r.Clone()
		return nil
	})
	if errors.Is(err, filekeys.ErrTooManySecrets) {
		place := ""
		if k.place.vault {
			place = "--vault "
		}
		return fmt.Errorf("%w: wait until one ends ('countersign keys show %s%s' tells when), or drop the oldest with --force", err, place, id)
	}
	if err != nil {
		return err
	}
	notes := cmd.ErrOrStderr()
	if dropped > 0 {
		fmt.Fprintln(notes, "dropped the oldest active secret, by --force: clients that still use it are refused from now on")
	}
	older := rotated.Secrets[1:]
	switch {
	case ended != "":
		fmt.Fprintf(notes, "the key is %s: its older secrets end at once, so that they do not come back with it\n", ended)
	case len(older) == 0:
		fmt.Fprintln(notes, "no older secret is valid any more")
	default:
		fmt.Fprintf(notes, "%d older secret(s) stay valid, the newest of them until %s", len(older), older[0].NotAfter.Format(time.RFC3339))
		if k.place.vault {
			fmt.Fprintf(notes, ", if the verifiers' keys.vault.overlap is %v; --overlap 0s ends them at once", rotation.Overlap)
		}
		fmt.Fprintln(notes)
	}
	if state := keyState(&rotated, rotation.Now); state == "disabled" || state == "expired" {
		fmt.Fprintf(notes, "the key is still %s, and is refused whatever its secrets\n", state)
	}
	return printKey(cmd, rotated, true)
}
