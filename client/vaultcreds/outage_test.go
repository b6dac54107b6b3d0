package vaultcreds_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/client/vaultcreds"
	"github.com/countersign-dev/countersign/internal/vaulttest"
)

const patience = 20 * time.Second

func TestSigningGoesOnWithoutVault(t *testing.T) {
	vault := vaulttest.Start(t)
	s := newStage(t, vault, "ck_live_outage0000000000")
	s.put('a')
	s.advance(time.Hour)
	s.accept("a")
	source := s.open(nil)
	signed := client.NewSigner(source, target).Transport(nil)
	for name, outage := range map[string]struct{ begin, end func() }{
		"stopped": {func() { vault.Stop(t) }, func() { vault.Restart(t, false) }},
		"sealed":  {func() { vault.Seal(t) }, func() { vault.Unseal(t) }},
	} {
		outage.begin()
		require.Eventually(t, func() bool { return source.Status().Err != nil }, patience, time.Millisecond, name)
		assert.Equal(t, http.StatusOK, s.call(signed))
		s.accept("z") // a refusal now finds nothing newer
		assert.Equal(t, http.StatusUnauthorized, s.call(signed))
		s.accept("a")
		outage.end()
		require.Eventually(t, func() bool { return source.Status().Err == nil }, patience, time.Millisecond, name)
		assert.Equal(t, http.StatusOK, s.call(signed))
	}
	s.put('b', "revoke_previous")
	s.reads(source, 2)
	s.signsWith(source, 'b')
}

// TestRotationDoesNotSettleWithoutVault: verifiers may have lost Vault before they saw it.
func TestRotationDoesNotSettleWithoutVault(t *testing.T) {
	vault := vaulttest.Start(t)
	s := newStage(t, vault, "ck_live_unsettled0000000")
	s.put('a')
	s.advance(time.Hour)
	s.accept("a")
	source := s.open(nil)
	signed := client.NewSigner(source, target).Transport(nil)
	s.put('b')
	s.reads(source, 2)
	vault.Stop(t)
	s.advance(time.Hour)
	s.signsWith(source, 'a')
	assert.Equal(t, http.StatusOK, s.call(signed))
	s.accept("b") // where the secret before has ended, the new one is known
	assert.Equal(t, http.StatusOK, s.call(signed))
	s.accept("a")
	vault.Restart(t, false)
	s.comesToSign(source, 'b')
}

func TestDeletedOrDisabledKeySignsNothing(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_deleted000000000")
	s.put('a')
	source := s.open(nil)
	kv, path := s.vault.KVv2("secret"), "countersign/keys/"+s.keyID
	for name, change := range map[string]struct{ end, again func() }{
		"deleted": {
			func() { require.NoError(t, kv.Delete(t.Context(), path)) },
			func() { s.put('b') },
		},
		"disabled":                      {func() { s.put('b', "disabled") }, func() { s.put('b', "disabled=false") }},
		"disabled by the vault command": {func() { s.put('b', "disabled=true") }, func() { s.put('b') }},
		"removed":                       {func() { require.NoError(t, kv.DeleteMetadata(t.Context(), path)) }, func() { s.put('b') }},
	} {
		change.end()
		require.Eventually(t, func() bool { return source.Status().Err != nil }, patience, time.Millisecond, name)
		_, err := source.Credentials(t.Context())
		assert.ErrorIs(t, err, client.ErrNoCredentials)
		_, err = source.Refresh(t.Context(), client.Credentials{})
		assert.ErrorIs(t, err, client.ErrNoCredentials)
		change.again()
		require.Eventually(t, func() bool { return source.Status().Err == nil }, patience, time.Millisecond, name)
		s.signsWith(source, 'b')
	}
}

func TestBrokenRecordKeepsTheSecretKnownLast(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_broken0000000000")
	s.put('a')
	source := s.open(nil)
	for _, secret := range []any{nil, 7, "", "short", secretOf('b')[:30], "cs_test" + secretOf('b')[7:]} {
		s.putFields(map[string]any{"secret": secret})
		require.Eventually(t, func() bool { return source.Status().Err != nil }, patience, time.Millisecond)
		s.signsWith(source, 'a')
		s.put('a')
		require.Eventually(t, func() bool { return source.Status().Err == nil }, patience, time.Millisecond)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_open000000000000")
	for _, c := range []struct {
		says   string
		change func(*vaultcreds.Options)
	}{
		{"or never was", nil},
		{"Options.Mount", func(o *vaultcreds.Options) { o.Mount = "a/../b" }},
		{"Options.Prefix", func(o *vaultcreds.Options) { o.Prefix = "keys?" }},
		{"negative", func(o *vaultcreds.Options) { o.Settle = -1 }},
		{"logging in to Vault by token", func(o *vaultcreds.Options) { o.Auth.Token = "not-one" }},
		{"connect", func(o *vaultcreds.Options) { o.Address = "http://127.0.0.1:1" }},
	} {
		options := s.options()
		if c.change != nil {
			c.change(&options)
		}
		_, err := vaultcreds.Open(t.Context(), s.keyID, options)
		assert.ErrorContains(t, err, c.says)
	}
	_, err := vaultcreds.Open(t.Context(), "../sys", s.options())
	assert.ErrorContains(t, err, "key id")
	var zero vaultcreds.Source
	_, err = zero.Credentials(t.Context())
	assert.ErrorIs(t, err, client.ErrNoCredentials)
	assert.Error(t, zero.Status().Err)
	assert.NoError(t, zero.Close())
}

// TestHangingVaultIsWaitedForUpToTheTimeout, not forever.
func TestHangingVaultIsWaitedForUpToTheTimeout(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never answers
	require.NoError(t, err)
	defer silent.Close()
	_, err = vaultcreds.Open(t.Context(), "ck_live_hangs00000000000", vaultcreds.Options{
		Address: "http://" + silent.Addr().String(), Auth: vaultcreds.Auth{Token: "any"}, Timeout: 50 * time.Millisecond,
	})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}
