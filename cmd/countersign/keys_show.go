package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func (k *keysCommand) showCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "show ID [--json]",
		Short: "Show one key, and how old its secrets are",
		Long: `Show one key: what it may do, and of its secrets, newest first, how old they are and when they
end. Nothing of the secrets themselves is shown, not even a fingerprint: imported secrets may be
weak enough to be guessed from one.`,
		Example: `  countersign keys show ck_live_7h2kq9m4x8wz3n5c --file keys.yaml`,
		Args:    oneID,
		RunE:    func(cmd *cobra.Command, args []string) error { return k.show(cmd, args[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (k *keysCommand) show(cmd *cobra.Command, id string, asJSON bool) error {
	record, err := k.find(cmd, id)
	if err != nil {
		return err
	}
	now := k.now()
	v := viewOf(&record, now)
	if asJSON {
		return printJSON(cmd.OutOrStdout(), v)
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	tier := v.RateTier
	if tier == "" {
		tier = "default"
	}
	for _, row := range [][2]string{
		{"id", v.ID},
		{"state", v.State},
		{"environment", v.Environment},
		{"scopes", joined(v.Scopes, "none")},
		{"dialects", joined(v.Dialects, "none")},
		{"expires", orWord(v.ExpiresAt, "never")},
		{"sources", joined(v.Sources, "any")},
		{"rate tier", tier},
		{"unsigned payload", yesNo(v.UnsignedPayload)},
		{"sign content", yesNo(v.SignContent)},
	} {
		fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
	}
	for _, secret := range v.Secrets {
		fmt.Fprintf(table, "secret %d\t%s\n", secret.Index, secret.describe(now))
	}
	return table.Flush()
}

// describe tells a secret's state and age.
func (s secretView) describe(now time.Time) string {
	text := "active"
	if !s.Active {
		text = "ended"
	}
	if s.CreatedAt == nil {
		text += ", of unknown age"
	} else {
		text += fmt.Sprintf(", made %s ago (%s)", roughly(now.Sub(*s.CreatedAt)), s.CreatedAt.Format(time.RFC3339))
	}
	if s.NotAfter != nil && s.Active {
		text += fmt.Sprintf(", ends in %s (%s)", roughly(s.NotAfter.Sub(now)), s.NotAfter.Format(time.RFC3339))
	} else if s.NotAfter != nil {
		text += fmt.Sprintf(", %s ago (%s)", roughly(now.Sub(*s.NotAfter)), s.NotAfter.Format(time.RFC3339))
	}
	if s.Imported {
		text += ", imported"
	}
	return text
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
