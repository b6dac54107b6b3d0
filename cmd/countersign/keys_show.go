package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func (k *keysCommand) showCommand() *cobra.Command {
	asJSON, adminURL := false, ""
	cmd := &cobra.Command{
		Use:   "show ID [--json] [--admin URL]",
		Short: "Show one key, and how old its secrets are",
		Long: `Show one key: what it may do, and of its secrets, newest first, how old they are and when they
end. Nothing of the secrets themselves is shown, not even a fingerprint: imported secrets may be
weak enough to be guessed from one.

With --admin, a running service is asked when the older secrets were last used: once the clients
have moved on to the newest, those can be revoked.`,
		Example: `  countersign keys show ck_live_7h2kq9m4x8wz3n5c --file keys.yaml
  countersign keys show ck_live_7h2kq9m4x8wz3n5c --vault --admin http://127.0.0.1:9443`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error { return k.show(cmd, args[0], adminURL, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&adminURL, "admin", "", "ask the admin listener of the service at `URL` when older secrets were last used")
	k.overlapFlag(cmd)
	return cmd
}

func (k *keysCommand) show(cmd *cobra.Command, id, adminURL string, asJSON bool) error {
	if adminURL != "" {
		if err := checkAdmin(adminURL); err != nil {
			return err
		}
	}
	found, err := k.find(cmd, id)
	if err != nil {
		return err
	}
	now := k.now()
	v := viewOf(&found.Record, now)
	v.Version = found.version
	for i, version := range found.versions {
		v.Secrets[i].Version = version
	}
	if adminURL != "" {
		answer, err := askAdmin(cmd.Context(), adminURL, id)
		if err != nil {
			return err
		}
		if err := v.addUses(answer); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), v)
	}
	return v.print(cmd.OutOrStdout(), now)
}

// print writes a view for people.
func (v *keyView) print(w io.Writer, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
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
		{"signature nonce", yesNo(v.SignatureNonce)},
	} {
		fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
	}
	if v.Version > 0 {
		fmt.Fprintf(table, "version\t%d\n", v.Version)
	}
	for _, secret := range v.Secrets {
		fmt.Fprintf(table, "secret %d\t%s%s\n", secret.Index, secret.describe(now), v.describeUse(secret, now))
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
	if s.Version > 0 {
		text += fmt.Sprintf(", version %d", s.Version)
	}
	return text
}

// describeUse tells when an older secret was last used, where a service was asked.
func (v *keyView) describeUse(s secretView, now time.Time) string {
	switch {
	case v.WatchedSince == nil || s.Index == 0 || !s.Active:
		return ""
	case s.LastUsed == nil:
		return fmt.Sprintf(", not used since %s", v.WatchedSince.Format(time.RFC3339))
	}
	return fmt.Sprintf(", last used %s ago (%s)", roughly(now.Sub(*s.LastUsed)), s.LastUsed.Format(time.RFC3339))
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
