package vaultkeys_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

const keyID = "ck_live_7h2kq9m4x8wz3n5c"

func isUnknown(err error) bool { return errors.Is(err, server.ErrUnknownKey) }

func withOverlap(overlap time.Duration) func(*vaultkeys.Options) {
	return func(o *vaultkeys.Options) { o.Overlap = overlap; o.MaxStale = 1000 * time.Hour }
}

func TestRotationKeepsEarlierSecretsForTheOverlap(t *testing.T) {
	f := newFixture(t)
	a, b, c := newSecret(), newSecret(), newSecret()
	f.put(t, keyID, a)
	source := f.open(t, withOverlap(time.Hour))
	f.requireSecrets(t, source, keyID, a)
	f.put(t, keyID, b)
	f.requireSecrets(t, source, keyID, b, a)
	f.clock.Advance(30 * time.Minute)
	f.requireSecrets(t, source, keyID, b, a)
	f.put(t, keyID, c) // by Vault's clock, at once after b
	f.requireSecrets(t, source, keyID, c, b, a)
	f.clock.Advance(30*time.Minute + time.Minute)
	f.requireSecrets(t, source, keyID, c)
	// A source that reads it all anew decides the same.
	f.requireSecrets(t, f.open(t, withOverlap(time.Hour)), keyID, c)
}

// The overlap counts from the version that brought the later secret, whatever is edited since.
func TestEditOfScopesDoesNotChangeTheOverlap(t *testing.T) {
	f := newFixture(t)
	a, b := newSecret(), newSecret()
	f.put(t, keyID, a)
	f.put(t, keyID, a, map[string]any{"scopes": []string{"orders:read"}})
	f.put(t, keyID, b)
	source := f.open(t, withOverlap(time.Hour))
	before := requireKey(t, source, keyID)
	require.Len(t, before.Secrets, 2)
	f.put(t, keyID, b, map[string]any{"scopes": []string{"orders:write"}})
	f.put(t, keyID, b, map[string]any{"scopes": "orders:write, orders:admin"})
	eventually(t, func() bool { return len(requireKey(t, source, keyID).Scopes) == 2 }, func() string { return "the edit is not in force" })
	for _, source := range []*vaultkeys.Source{source, f.open(t, withOverlap(time.Hour))} {
		after := requireKey(t, source, keyID)
		require.Equal(t, []string{"orders:write", "orders:admin"}, after.Scopes)
		require.Len(t, after.Secrets, 2)
		require.Equal(t, before.Secrets[1].NotAfter, after.Secrets[1].NotAfter)
		require.True(t, before.Secrets[1].Secret.Equal(after.Secrets[1].Secret))
	}
	require.Equal(t, before.Secrets[0].Secret, requireKey(t, source, keyID).Secrets[0].Secret, "the memo of signing keys is lost")
	record, _, ok := source.Record(keyID)
	require.True(t, ok)
	require.Equal(t, 5, record.Version)
	require.Equal(t, 3, record.Secrets[0].Version, "the version that brought the secret")
	require.Equal(t, 1, record.Secrets[1].Version)
}

func TestUnchangedKeyStaysTheSameValue(t *testing.T) {
	f := newFixture(t)
	a := newSecret()
	f.put(t, keyID, a)
	source := f.open(t)
	before := requireKey(t, source, keyID)
	_, asOf, _ := source.Record(keyID)
	eventually(t, func() bool { _, now, _ := source.Record(keyID); return now.After(asOf) }, func() string { return "no refresh" })
	require.Same(t, before, requireKey(t, source, keyID))
	f.put(t, keyID, a) // another version that says the same
	eventually(t, func() bool { r, _, _ := source.Record(keyID); return r.Version == 2 }, func() string { return "no refresh" })
	require.Same(t, before, requireKey(t, source, keyID))
}

func TestAtMostFourSecretsAreActive(t *testing.T) {
	f := newFixture(t)
	var newestFirst []string
	for range 6 {
		newestFirst = append([]string{newSecret()}, newestFirst...)
		f.put(t, keyID, newestFirst[0])
	}
	f.requireSecrets(t, f.open(t), keyID, newestFirst[:4]...)
}

func TestRevokePreviousEndsEarlierSecrets(t *testing.T) {
	f := newFixture(t)
	a, b, c := newSecret(), newSecret(), newSecret()
	f.put(t, keyID, a)
	f.put(t, keyID, b)
	source := f.open(t)
	f.requireSecrets(t, source, keyID, b, a)
	f.put(t, keyID, b, map[string]any{"revoke_previous": true})
	f.requireSecrets(t, source, keyID, b)
	f.put(t, keyID, c)
	f.requireSecrets(t, source, keyID, c, b)
	f.put(t, keyID, a, map[string]any{"revoke_previous": "true"})
	f.requireSecrets(t, source, keyID, a)
}

// A rotation back to an earlier secret makes it the current one, without an end.
func TestSecretThatComesBack(t *testing.T) {
	f := newFixture(t)
	a, b := newSecret(), newSecret()
	for _, secret := range []string{a, b, a} {
		f.put(t, keyID, secret)
	}
	source := f.open(t)
	f.requireSecrets(t, source, keyID, a, b)
	key := requireKey(t, source, keyID)
	require.True(t, key.Secrets[0].NotAfter.IsZero())
	require.False(t, key.Secrets[1].NotAfter.IsZero())
}

func TestDeletingTheCurrentVersionRevokes(t *testing.T) {
	for action, back := range map[string]bool{"delete": true, "destroy": false} {
		t.Run(action, func(t *testing.T) {
			f := newFixture(t)
			a, b := newSecret(), newSecret()
			f.put(t, keyID, a)
			f.put(t, keyID, b)
			source := f.open(t)
			f.requireSecrets(t, source, keyID, b, a)
			f.versions(t, action, keyID, 2)
			requireUnknown(t, source, keyID)
			requireUnknown(t, f.open(t), keyID)
			if back {
				f.versions(t, "undelete", keyID, 2)
				f.requireSecrets(t, source, keyID, b, a)
			}
		})
	}
}

func TestDeletingThePathRevokes(t *testing.T) {
	f := newFixture(t)
	a, b := newSecret(), newSecret()
	f.put(t, keyID, a)
	source := f.open(t)
	f.requireSecrets(t, source, keyID, a)
	f.deletePath(t, keyID)
	requireUnknown(t, source, keyID)
	// Written anew it begins again at version 1, and has nothing of what was there before.
	f.put(t, keyID, b)
	f.requireSecrets(t, source, keyID, b)
	f.deletePath(t, keyID)
	f.put(t, keyID, a)
	f.requireSecrets(t, source, keyID, a)
}

// Deleting an older version ends its secret and all before it: whatever a deletion was meant to
// end must not come back from a version before.
func TestDeletingAnOlderVersionEndsItsSecretAndThoseBefore(t *testing.T) {
	for _, action := range []string{"delete", "destroy"} {
		t.Run(action, func(t *testing.T) {
			f := newFixture(t)
			a, b, c := newSecret(), newSecret(), newSecret()
			f.put(t, keyID, a)
			f.put(t, keyID, b)
			f.put(t, keyID, b, map[string]any{"scopes": []string{"orders:read"}})
			f.put(t, keyID, c)
			source := f.open(t)
			f.requireSecrets(t, source, keyID, c, b, a)
			f.versions(t, action, keyID, 3)
			f.requireSecrets(t, source, keyID, c)
			if action == "delete" {
				f.versions(t, "undelete", keyID, 3)
				f.requireSecrets(t, source, keyID, c, b, a)
				f.versions(t, "delete", keyID, 1)
				f.requireSecrets(t, source, keyID, c, b)
			}
		})
	}
}

// A version that Vault will delete by itself is refused from that instant on.
func TestScheduledDeletion(t *testing.T) {
	f := newFixture(t)
	a := newSecret()
	_, err := f.root.Logical().Write("secret/metadata/"+f.prefix+"/"+keyID, map[string]any{"delete_version_after": "1h"})
	require.NoError(t, err)
	source := f.open(t)
	requireUnknown(t, source, keyID) // a path without versions
	f.put(t, keyID, a)
	f.requireSecrets(t, source, keyID, a)
	require.WithinDuration(t, f.clock.Now().Add(time.Hour), requireKey(t, source, keyID).ExpiresAt, time.Minute)
	f.clock.Advance(2 * time.Hour)
	key, err := source.Key(background, keyID)
	require.True(t, err != nil || !key.ExpiresAt.After(f.clock.Now()))
}

// Vault keeps ten versions: what has been pushed out is not valid, overlap or not.
func TestVersionsThatVaultNoLongerKeeps(t *testing.T) {
	f := newFixture(t)
	a, b := newSecret(), newSecret()
	f.put(t, keyID, a)
	f.put(t, keyID, b)
	edit := func() {
		f.put(t, keyID, b, map[string]any{"scopes": []string{"orders:read"}})
	}
	for range 8 {
		edit()
	}
	source := f.open(t)
	f.requireSecrets(t, source, keyID, b, a)
	edit()
	f.requireSecrets(t, source, keyID, b)

	other := "ck_live_0000000000000000"
	_, err := f.root.Logical().Write("secret/metadata/"+f.prefix+"/"+other, map[string]any{"max_versions": 40})
	require.NoError(t, err)
	a, b = newSecret(), newSecret()
	f.put(t, other, a)
	for range 30 {
		f.put(t, other, b)
	}
	f.requireSecrets(t, source, other, b, a)
}
