package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// keyView is what the keys commands show of a key, as JSON and otherwise: nothing of a secret.
type keyView struct {
	ID              string       `json:"id"`
	Environment     string       `json:"environment"`
	Scopes          []string     `json:"scopes"`
	Dialects        []string     `json:"dialects"`
	State           string       `json:"state"` // see keyState; or deleted
	Disabled        bool         `json:"disabled"`
	ExpiresAt       *time.Time   `json:"expires_at"` // null: never
	ActiveSecrets   int          `json:"active_secrets"`
	Sources         []string     `json:"sources"` // empty: any
	RateTier        string       `json:"rate_tier"`
	UnsignedPayload bool         `json:"unsigned_payload"`
	SignContent     bool         `json:"sign_content"`
	SignatureNonce  bool         `json:"signature_nonce"`
	Secrets         []secretView `json:"secrets"`           // newest first
	Version         int          `json:"version,omitempty"` // in Vault
	// WatchedSince is when the service that was asked began to look at uses.
	WatchedSince *time.Time `json:"watched_since,omitempty"`
}

type secretView struct {
	Index     int        `json:"index"`
	Active    bool       `json:"active"`
	Imported  bool       `json:"imported"`
	CreatedAt *time.Time `json:"created_at"`          // null: unknown
	NotAfter  *time.Time `json:"not_after"`           // null: no end
	Version   int        `json:"version,omitempty"`   // that brought it, in Vault
	LastUsed  *time.Time `json:"last_used,omitempty"` // while another was newer
}

func viewOf(record *filekeys.Record, now time.Time) keyView {
	dialects := record.Dialects
	if len(dialects) == 0 {
		dialects = []canonical.Dialect{canonical.CS4}
	}
	view := keyView{
		ID: record.ID, Environment: record.Environment, Scopes: append([]string{}, record.Scopes...),
		Dialects: texts(dialects, canonical.Dialect.String), Sources: texts(record.Sources, netip.Prefix.String),
		State: keyState(record, now), Disabled: record.Disabled, ExpiresAt: orNull(record.ExpiresAt),
		ActiveSecrets: record.ActiveSecrets(now), RateTier: record.RateTier,
		UnsignedPayload: record.UnsignedPayload, SignContent: record.SignContent, SignatureNonce: record.SignatureNonce, Secrets: []secretView{},
	}
	for i, secret := range record.Secrets {
		view.Secrets = append(view.Secrets, secretView{Index: i, Active: secret.Active(now), Imported: secret.Imported(),
			CreatedAt: orNull(secret.CreatedAt), NotAfter: orNull(secret.NotAfter)})
	}
	return view
}

// keyState names how a key stands: disabled, expired, ended (no secret is active any more),
// rotating (more than one is), or active.
func keyState(record *filekeys.Record, now time.Time) string {
	active := record.ActiveSecrets(now)
	switch {
	case record.Disabled:
		return "disabled"
	case !record.ExpiresAt.IsZero() && !now.Before(record.ExpiresAt):
		return "expired"
	case active == 0:
		return "ended"
	case active > 1:
		return "rotating"
	}
	return "active"
}

func orNull(instant time.Time) *time.Time {
	if instant.IsZero() {
		return nil
	}
	utc := instant.UTC()
	return &utc
}

// orWord writes a time, or word for none.
func orWord(instant *time.Time, word string) string {
	if instant == nil {
		return word
	}
	return instant.Format(time.RFC3339)
}

func texts[T any](list []T, text func(T) string) []string {
	all := make([]string, 0, len(list))
	for _, element := range list {
		all = append(all, text(element))
	}
	return all
}

// joined writes a list, or word for an empty one.
func joined(list []string, word string) string {
	if len(list) == 0 {
		return word
	}
	return strings.Join(list, ",")
}

func printJSON(w io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}
