package vaultkeys_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// People see which version brought each secret, however many edits and days ago.
func TestConnectionReadsRecordsWithTheirVersions(t *testing.T) {
	f := newFixture(t)
	a, b := newSecret(), newSecret()
	f.put(t, keyID, a)
	f.put(t, keyID, b)
	f.put(t, keyID, b, map[string]any{"scopes": "orders:read"})
	f.put(t, "ck_live_0000000000000000", a)
	f.versions(t, "delete", "ck_live_0000000000000000", 1)
	f.put(t, "ck_live_1111111111111111", "short")
	f.put(t, "not an id", a)
	c, err := vaultkeys.Connect(background, f.options())
	require.NoError(t, err)
	defer c.Close()

	ids, err := c.IDs(background)
	require.NoError(t, err)
	require.Equal(t, []string{"ck_live_0000000000000000", "ck_live_1111111111111111", keyID}, ids)
	record, err := c.Record(background, keyID)
	require.NoError(t, err)
	require.Equal(t, 3, record.Version)
	require.Equal(t, []string{"orders:read"}, record.Fields.Scopes)
	require.Len(t, record.Secrets, 2)
	require.Equal(t, []int{2, 1}, []int{record.Secrets[0].Version, record.Secrets[1].Version})
	require.Equal(t, record.Secrets[0].CreatedAt.Add(24*time.Hour), record.Secrets[1].NotAfter)
	f.clock.Advance(48 * time.Hour)
	record, err = c.Record(background, keyID)
	require.NoError(t, err)
	require.Len(t, record.Secrets, 1)
	require.Equal(t, 2, record.Secrets[0].Version, "the version that brought it, beyond the overlap")

	_, err = c.Record(background, "ck_live_0000000000000000")
	require.ErrorIs(t, err, server.ErrUnknownKey)
	require.ErrorContains(t, err, "version, 1, was deleted")
	_, err = c.Record(background, "ck_live_nobody")
	require.ErrorIs(t, err, server.ErrUnknownKey)
	_, err = c.Record(background, "ck_live_1111111111111111")
	var field *vaultkeys.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "secret", field.Field)
	for _, id := range []string{"../" + keyID, "", "..", a} {
		_, err = c.Record(background, id)
		require.Error(t, err)
		require.NotContains(t, err.Error(), a)
		_, err = c.Path(id)
		require.Error(t, err)
	}
}

// Whatever prints or marshals what a program holds shows no secret.
func TestSecretsDoNotPrint(t *testing.T) {
	f := newFixture(t)
	a := newSecret()
	f.put(t, keyID, a)
	c, err := vaultkeys.Connect(background, f.options())
	require.NoError(t, err)
	defer c.Close()
	record, err := c.Record(background, keyID)
	require.NoError(t, err)
	options := f.options(withAuth(vaultkeys.Auth{Token: "hvs.hidden", AppRole: &vaultkeys.AppRole{SecretID: "hidden-too"}}))
	options.Now, options.Logger = nil, nil
	for _, value := range []any{record, *record, options.Auth, *options.Auth.AppRole} {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		all := string(text) + fmt.Sprintf("%v %+v %#v %s", value, value, value, value)
		for _, secret := range []string{a, "hvs.hidden", "hidden-too"} {
			require.False(t, strings.Contains(all, secret), "%T shows a secret", value)
		}
	}
}
