package main

import (
	"cmp"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (k *keysCommand) listCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "list [--json]",
		Short: "List the keys, without their secrets",
		Long: `List the keys, without their secrets. A key's state is

  active     one secret is active
  rotating   several are: clients move from the old one to the new
  expired    its time has passed
  ended      none of its secrets is active any more
  disabled   it was revoked
  deleted    its current version in Vault was deleted`,
		Example: `  countersign keys list --file keys.yaml
  countersign keys list --json | jq -r '.[] | select(.state == "rotating").id'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return k.list(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	k.overlapFlag(cmd)
	return cmd
}

func (k *keysCommand) list(cmd *cobra.Command, asJSON bool) error {
	store, err := k.store(cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	keys, err := store.List(cmd.Context())
	if err != nil {
		return err
	}
	views := make([]keyView, 0, len(keys))
	for i := range keys {
		view := viewOf(&keys[i].Record, k.now())
		if keys[i].deleted {
			view.State, view.Dialects = "deleted", []string{}
		}
		views = append(views, view)
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), views)
	}
	if len(views) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "there are no keys yet: make one with countersign keys new")
		return nil
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tENVIRONMENT\tSCOPES\tDIALECTS\tSECRETS\tEXPIRES\tSTATE")
	for _, v := range views {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", v.ID, cmp.Or(v.Environment, "-"), joined(v.Scopes, "-"),
			joined(v.Dialects, "-"), v.ActiveSecrets, orWord(v.ExpiresAt, "never"), v.State)
	}
	return table.Flush()
}
