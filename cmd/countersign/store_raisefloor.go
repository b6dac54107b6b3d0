package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/nonce/badgerstore"
)

func newStoreRaiseFloorCommand() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "raise-floor PATH",
		Short: "Refuse whatever a store restored from a backup cannot know about",
		Long: `Raise the floor of the nonce store in the directory PATH: every request signed at or before it
is refused, as one that may have been accepted before. The service that uses the store must be
stopped.

Do this whenever a store was restored from a backup, a copy or a snapshot: it knows nothing of
what was accepted since, and would accept it again. The default, 300 seconds from now, is as far
ahead as a client's clock may be, so that nothing accepted so far can be accepted again; requests
are refused until then.

The floor is never lowered.`,
		Example: `  countersign store raise-floor ./claims
  countersign store raise-floor --to now+10m ./claims
  countersign store raise-floor --to 2026-11-20T09:30:00Z ./claims`,
		Args: exactly("PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			now := time.Now()
			wanted, err := parseInstant(to, now)
			if err != nil {
				return usageError{fmt.Errorf("--to: %w", err)}
			}
			floor, err := badgerstore.RaiseFloor(args[0], wanted)
			if err != nil {
				return storeError(args[0], err)
			}
			text := fmt.Sprintf("the floor of %s is %s", args[0], floor.UTC().Format(time.RFC3339))
			if floor.After(wanted) {
				text += ", where it stood already"
			}
			if wait := floor.Sub(now); wait > 0 {
				text += fmt.Sprintf(": requests are refused for the next %v", wait.Round(time.Second))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
	cmd.Flags().StringVar(&to, "to", "now+300s", "raise it to this `TIME`: RFC 3339, now, or now+5m")
	return cmd
}
