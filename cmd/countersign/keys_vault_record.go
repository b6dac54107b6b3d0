package main

import (
	"errors"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/filekeys"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// fromVault returns a key of Vault's as the keys commands work on it: with the secrets that are
// valid now.
func fromVault(r *vaultkeys.Record) filekeys.Record {
	f := r.Fields
	record := filekeys.Record{
		ID: r.ID, Environment: f.Environment, Scopes: f.Scopes, Dialects: f.Dialects, ExpiresAt: f.ExpiresAt,
		Disabled: f.Disabled, Sources: f.Sources, RateTier: f.RateTier, UnsignedPayload: f.UnsignedPayload, SignContent: f.SignContent, SignatureNonce: f.SignatureNonce,
	}
	for _, secret := range r.Secrets {
		record.Secrets = append(record.Secrets, filekeys.Secret{Secret: secret.Secret, CreatedAt: secret.CreatedAt, NotAfter: secret.NotAfter})
	}
	return record
}

// vaultFields returns what a version holds of a record: its newest secret alone.
func vaultFields(r *filekeys.Record) vaultkeys.Fields {
	return vaultkeys.Fields{
		Secret: r.Secrets[0].Secret, Environment: r.Environment, Scopes: r.Scopes, Dialects: r.Dialects, ExpiresAt: r.ExpiresAt,
		Disabled: r.Disabled, Sources: r.Sources, RateTier: r.RateTier, UnsignedPayload: r.UnsignedPayload, SignContent: r.SignContent, SignatureNonce: r.SignatureNonce,
	}
}

// revokesPrevious reports whether a version must say revoke_previous so that, written after before,
// it leaves the secrets of after valid and no others. An error says that no version does.
func revokesPrevious(before *vaultkeys.Record, after *filekeys.Record) (bool, error) {
	newest := after.Secrets[0].Secret
	left := []filekeys.Secret{after.Secrets[0]} // what is valid without revoke_previous
	for _, earlier := range before.Secrets {
		if len(left) < server.MaxActiveSecrets && !earlier.Secret.Equal(newest) {
			left = append(left, filekeys.Secret{Secret: earlier.Secret})
		}
	}
	same := len(left) == len(after.Secrets)
	for i := 0; same && i < len(left); i++ {
		same = left[i].Secret.Equal(after.Secrets[i].Secret)
	}
	switch {
	case same:
		return false, nil
	case len(after.Secrets) == 1:
		return true, nil
	}
	return false, errors.New("in Vault the older secrets of a key end together: --secret-index 1 revokes all of them, and 'countersign keys rotate --vault --overlap 0s' the newest with them")
}
