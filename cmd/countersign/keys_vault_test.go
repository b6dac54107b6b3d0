package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/vaulttest"
	"github.com/countersign-dev/countersign/server/filekeys"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// vaultRun is a prefix in a real Vault, and what the last keys command wrote.
type vaultRun struct {
	*keysRun
	root   *api.Client
	prefix string
}

func newVaultRun(t *testing.T) *vaultRun {
	vault := vaulttest.Shared(t)
	for name, value := range map[string]string{"VAULT_ADDR": vault.Address, "VAULT_TOKEN": vault.RootToken, "VAULT_NAMESPACE": "", keysFileVariable: ""} {
		t.Setenv(name, value)
	}
	v := &vaultRun{keysRun: &keysRun{t: t, now: time.Now()}, root: vault.Root(t), prefix: "cli/" + strings.ToLower(rand.Text())}
	v.place = []string{"--vault", "--vault-prefix", v.prefix}
	return v
}

// versions are what Vault holds of a key, newest first.
func (v *vaultRun) versions(id string) []map[string]any {
	v.t.Helper()
	kv := v.root.KVv2("secret")
	list, err := kv.GetVersionsAsList(v.t.Context(), v.prefix+"/"+id)
	require.NoError(v.t, err)
	var all []map[string]any
	for _, version := range list {
		secret, err := kv.GetVersion(v.t.Context(), v.prefix+"/"+id, version.Version)
		require.NoError(v.t, err)
		all = append([]map[string]any{secret.Data}, all...)
	}
	return all
}

func (v *vaultRun) put(id string, data map[string]any) {
	v.t.Helper()
	_, err := v.root.KVv2("secret").Put(v.t.Context(), v.prefix+"/"+id, data)
	require.NoError(v.t, err)
}

func TestKeysVaultNewWritesTheRecordThatVerifiersRead(t *testing.T) {
	v := newVaultRun(t)
	v.ok("new", "--environment", "live", "--scope", "orders:read", "--dialect", "cs4,aws4", "--expires", "2099-06-30T00:00:00Z",
		"--source", "10.0.0.0/8", "--tier", "bulk", "--unsigned-payload", "--sign-content", "--signature-nonce")
	id, secret := v.printed()
	assert.Equal(t, []map[string]any{{
		"secret": secret, "environment": "live", "scopes": []any{"orders:read"}, "dialects": []any{"cs4", "aws4"},
		"expires_at": "2099-06-30T00:00:00Z", "sources": []any{"10.0.0.0/8"}, "rate_tier": "bulk", "unsigned_payload": true, "sign_content": true, "signature_nonce": true,
	}}, v.versions(id))
	v.fails(false, "there is a key of that id", "new", "--environment", "live", "--id", id)
	require.Len(t, v.versions(id), 1)
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"show", id}, {"show", id, "--json"}, {"revoke", id}} {
		v.ok(args...)
		assert.NotContains(t, v.out+v.errOut, secret[8:20], "keys %v", args)
	}
}

func TestKeysVaultRotate(t *testing.T) {
	v := newVaultRun(t)
	v.ok("new", "--environment", "live", "--id", "a", "--scope", "orders:read")
	_, first := v.printed()
	v.ok("rotate", "a")
	_, second := v.printed()
	held := v.versions("a")
	require.Len(t, held, 2)
	assert.Equal(t, map[string]any{"secret": second, "environment": "live", "scopes": []any{"orders:read"}, "dialects": []any{"cs4"}}, held[0])
	assert.Equal(t, first, held[1]["secret"])
	assert.NotContains(t, v.out+v.errOut, first)
	assert.Contains(t, v.errOut, "1 older secret(s) stay valid")

	v.ok("rotate", "a")
	v.ok("rotate", "a", "--overlap", "7d")
	v.fails(false, "keys show --vault a' tells when), or drop the oldest with --force", "rotate", "a")
	require.Len(t, v.versions("a"), 4, "the refused rotation wrote nothing")
	v.ok("rotate", "a", "--force")
	assert.Contains(t, v.errOut, "dropped the oldest")
	assert.NotContains(t, v.versions("a")[0], "revoke_previous")

	v.now = v.now.Add(25 * time.Hour) // all older ones have ended
	v.ok("rotate", "a")
	assert.Contains(t, v.errOut, "1 older secret(s)")
	v.fails(false, "--force", "rotate", "a", "--overlap", "7d") // not where the verifiers keep them for longer
	v.ok("rotate", "a", "--overlap", "0s")
	assert.Contains(t, v.errOut, "no older secret")
	assert.Equal(t, true, v.versions("a")[0]["revoke_previous"])
	v.ok("rotate", "a")
	assert.NotContains(t, v.versions("a")[0], "revoke_previous", "the next rotation has an overlap again")
	v.now = time.Now()
	v.ok("show", "a")
	assert.Equal(t, 2, strings.Count(v.out, "\nsecret "), "%s", v.out)
}

// TestKeysVaultRotateOfARevokedKeyEndsTheOldSecret, which would come back with the key otherwise.
func TestKeysVaultRotateOfARevokedKeyEndsTheOldSecret(t *testing.T) {
	v := newVaultRun(t)
	v.ok("new", "--environment", "live", "--id", "a")
	v.ok("rotate", "a")
	v.ok("revoke", "a")
	v.ok("rotate", "a")
	_, newest := v.printed()
	assert.Contains(t, v.errOut, "the key is disabled: its older secrets end at once")
	assert.Equal(t, true, v.versions("a")[0]["revoke_previous"])
	_, err := v.root.KVv2("secret").Patch(t.Context(), v.prefix+"/a", map[string]any{"disabled": false}) // as the runbook undoes it
	require.NoError(t, err)
	keys, err := vaultkeys.Open(t.Context(), vaultkeys.Options{Prefix: v.prefix})
	require.NoError(t, err)
	defer keys.Close()
	key, err := keys.Key(t.Context(), "a")
	require.NoError(t, err)
	require.Len(t, key.Secrets, 1)
	assert.Equal(t, newest, key.Secrets[0].Secret.Reveal())

	v.ok("new", "--environment", "live", "--id", "b", "--expires", "1d")
	v.now = v.now.Add(25 * time.Hour)
	v.ok("rotate", "b")
	assert.Contains(t, v.errOut, "the key is expired: its older secrets end at once")
	assert.Equal(t, true, v.versions("b")[0]["revoke_previous"])
}

func TestKeysVaultRotateTellsWhatTheEndDependsOn(t *testing.T) {
	v := newVaultRun(t)
	v.ok("new", "--environment", "live", "--id", "a")
	v.ok("rotate", "a", "--overlap", "5m")
	assert.Contains(t, v.errOut, "Z, if the verifiers' keys.vault.overlap is 5m0s; --overlap 0s ends them at once\n")
}

func TestKeysVaultRevoke(t *testing.T) {
	v := newVaultRun(t)
	v.ok("new", "--environment", "live", "--id", "a")
	v.ok("revoke", "a")
	assert.Contains(t, v.errOut, "it stays in Vault, disabled; verifiers see it within")
	assert.Equal(t, true, v.versions("a")[0]["disabled"])
	v.ok("rotate", "a")
	assert.Contains(t, v.errOut, "still disabled")
	assert.Equal(t, true, v.versions("a")[0]["disabled"])
	v.ok("list")
	assert.Contains(t, v.out, "disabled")

	v.ok("new", "--environment", "live", "--id", "b")
	_, first := v.printed()
	v.fails(false, "last active secret", "revoke", "b", "--secret-index", "0")
	v.ok("rotate", "b")
	_, second := v.printed()
	v.ok("revoke", "b", "--secret-index", "0") // back to the first
	assert.Equal(t, map[string]any{"secret": first, "environment": "live", "dialects": []any{"cs4"}, "revoke_previous": true}, v.versions("b")[0])
	v.ok("rotate", "b")
	v.ok("rotate", "b")
	_, newest := v.printed()
	v.fails(false, "older secrets of a key end together", "revoke", "b", "--secret-index", "2")
	v.fails(false, "older secrets of a key end together", "revoke", "b", "--secret-index", "0")
	v.fails(false, "there is no secret 3", "revoke", "b", "--secret-index", "3")
	v.ok("revoke", "b", "--secret-index", "1")
	assert.Contains(t, v.errOut, "revoked secrets 1 to 2 of b")
	assert.Equal(t, newest, v.versions("b")[0]["secret"])
	assert.Equal(t, true, v.versions("b")[0]["revoke_previous"])
	assert.NotContains(t, v.out+v.errOut, second)

	v.ok("revoke", "a", "--remove")
	_, err := v.root.KVv2("secret").GetMetadata(t.Context(), v.prefix+"/a")
	assert.ErrorIs(t, err, api.ErrSecretNotFound)
	v.fails(false, "no key of that id", "revoke", "a", "--remove")
	v.fails(false, "keys list --vault", "revoke", "a")
}

func TestKeysVaultListAndShow(t *testing.T) {
	v := newVaultRun(t)
	v.ok("list")
	assert.Contains(t, v.errOut, "countersign keys new")
	v.ok("new", "--environment", "live", "--id", "a", "--scope", "orders:read")
	v.ok("rotate", "a")
	v.ok("new", "--environment", "live", "--id", "deleted")
	require.NoError(t, v.root.KVv2("secret").Delete(t.Context(), v.prefix+"/deleted"))
	v.now = time.Now()
	v.put("malformed", map[string]any{"secret": "cs_live_nosuchsecret", "environment": "live"})
	v.put("by-hand", map[string]any{"secret": strings.Repeat("imported", 4), "environment": "live", "disabled": "true"})
	v.ok("list")
	assert.Regexp(t, `(?s)^ID +ENVIRONMENT.*\na +live +orders:read +cs4 +2 +never +rotating\nby-hand +live +- +cs4 +1 +never +disabled\ndeleted +- +- +- +0 +never +deleted\n$`, v.out)
	assert.Contains(t, v.errOut, "malformed is refused by verifiers")
	assert.NotContains(t, v.errOut, "nosuchsecret")

	v.ok("show", "a")
	assert.Regexp(t, `(?m)^version +2$`, v.out)
	assert.Regexp(t, `(?m)^secret 0 +active, made \ds ago \(\S+\), version 2$`, v.out)
	assert.Regexp(t, `(?m)^secret 1 +active, made \ds ago \(\S+\), ends in 23h \(\S+\), version 1$`, v.out)
	v.ok("show", "a", "--json", "--overlap", "7d")
	var view keyView
	require.NoError(t, json.Unmarshal([]byte(v.out), &view))
	assert.Equal(t, 2, view.Version)
	assert.Equal(t, []int{2, 1}, []int{view.Secrets[0].Version, view.Secrets[1].Version})
	assert.WithinDuration(t, v.now.Add(7*24*time.Hour), *view.Secrets[1].NotAfter, time.Minute)
	v.ok("show", "by-hand")
	assert.Contains(t, v.out, "imported")
	v.fails(false, "malformed: secret:", "show", "malformed")
	v.fails(false, "was deleted", "show", "deleted")
	v.fails(false, "keys list --vault", "show", "nobody")
	v.fails(false, "key id", "show", "../a")
}

// TestKeysVaultWritesOnlyOverWhatItRead: of two changes at one time, one is refused.
func TestKeysVaultWritesOnlyOverWhatItRead(t *testing.T) {
	v := newVaultRun(t)
	v.ok("new", "--environment", "live", "--id", "a")
	connection, err := vaultkeys.Connect(t.Context(), vaultkeys.Options{Prefix: v.prefix})
	require.NoError(t, err)
	store := &keyVault{connection: connection, notes: t.Output()}
	defer store.Close()
	err = store.Update(t.Context(), "a", func(r *filekeys.Record) error {
		v.ok("rotate", "a") // another operator
		r.Disabled = true
		return nil
	})
	assert.ErrorIs(t, err, errLostRace)
	assert.ErrorContains(t, err, "run the command again")
	require.Len(t, v.versions("a"), 2)
	assert.NotContains(t, v.versions("a")[0], "disabled")

	refusal := errors.New("no")
	assert.ErrorIs(t, store.Update(t.Context(), "a", func(*filekeys.Record) error { return refusal }), refusal)
	assert.Len(t, v.versions("a"), 2)
}

func TestKeysVaultSaysWhatIsWrong(t *testing.T) {
	v := newVaultRun(t)
	v.fails(true, "--file exclude", "list", "--file", "keys.yaml")
	v.fails(true, "--overlap", "show", "a", "--overlap", "soon")
	for _, args := range [][]string{{"show", "a"}, {"revoke", "a", "--secret-index", "1"}, {"list"}} {
		v.fails(true, "never 0", append(args, "--overlap", "0s")...)
	}
	v.fails(true, "--admin takes", "show", "a", "--admin", "127.0.0.1:9443")
	for _, args := range [][]string{{"list", "--vault-mount", "kv"}, {"list", "--overlap", "1h"}} {
		var wrong usageError
		assert.ErrorAs(t, v.raw("", append(args, "--file", "keys.yaml")...), &wrong)
	}
	v.fails(false, "name the KV engine, version 2, with --vault-mount", "list", "--vault-mount", "no-such-mount")
	t.Setenv("VAULT_TOKEN", "not-a-token")
	v.fails(false, "keeper.hcl", "list")
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("VAULT_TOKEN", "")
	v.fails(false, "set the environment variable VAULT_TOKEN, or run 'vault login'", "list")
	require.NoError(t, os.WriteFile(filepath.Join(home, ".vault-token"), []byte(v.root.Token()), 0o600)) // as 'vault login' does
	v.ok("list")
	t.Setenv("VAULT_ADDR", strings.TrimPrefix(os.Getenv("VAULT_ADDR"), "http://"))
	v.fails(false, "http:// or https:// is missing", "list")
	t.Setenv("VAULT_ADDR", "")
	v.fails(false, "set VAULT_ADDR", "list")
}

func TestKeysVaultNeedsNoMoreThanItsPolicy(t *testing.T) {
	v := newVaultRun(t)
	for _, name := range []string{"keeper", "policy"} {
		policy, err := os.ReadFile("../../server/vaultkeys/" + name + ".hcl")
		require.NoError(t, err)
		require.NoError(t, v.root.Sys().PutPolicy(name, strings.ReplaceAll(string(policy), "countersign/keys", v.prefix)))
	}
	as := func(policy string) {
		token, err := v.root.Auth().Token().CreateOrphan(&api.TokenCreateRequest{Policies: []string{policy}, NoDefaultPolicy: true, TTL: "1h"})
		require.NoError(t, err)
		t.Setenv("VAULT_TOKEN", token.Auth.ClientToken)
	}
	as("keeper")
	v.ok("new", "--environment", "live", "--id", "a")
	v.ok("rotate", "a")
	v.ok("revoke", "a")
	v.ok("list")
	v.ok("show", "a")
	as("policy") // the verifier's, which changes nothing
	v.ok("show", "a")
	for _, args := range [][]string{{"rotate", "a"}, {"revoke", "a", "--remove"}, {"new", "--environment", "live"}} {
		v.fails(false, "keeper.hcl", args...)
	}
	as("keeper")
	v.ok("revoke", "a", "--remove")
}

func TestKeysVaultSaysThatVaultIsSealed(t *testing.T) {
	v := newVaultRun(t)
	vault := vaulttest.Start(t)
	t.Setenv("VAULT_ADDR", vault.Address)
	t.Setenv("VAULT_TOKEN", vault.RootToken)
	vault.Seal(t)
	v.fails(false, "unseal it", "list")
}

// TestKeysVaultWritesNoSecretIntoAnotherEngine, where it would lie in plain sight.
func TestKeysVaultWritesNoSecretIntoAnotherEngine(t *testing.T) {
	v := newVaultRun(t)
	mount := "kv1-" + strings.ToLower(rand.Text())
	require.NoError(t, v.root.Sys().Mount(mount, &api.MountInput{Type: "kv", Options: map[string]string{"version": "1"}}))
	refusal := mount + " is not a KV engine, version 2: name another with --vault-mount"
	for _, args := range [][]string{{"list"}, {"new", "--environment", "live", "--id", "a"}, {"rotate", "a"}} {
		v.fails(false, refusal, append(args, "--vault-mount", mount)...)
	}
	v.fails(false, "cubbyhole is not", "new", "--environment", "live", "--vault-mount", "cubbyhole")
	left, err := v.root.Logical().Read(mount + "/data/" + v.prefix + "/a")
	require.NoError(t, err)
	require.Nil(t, left)

	// Where Vault does not tell what the mount is, the answer to the write does.
	address, err := url.Parse(v.root.Address())
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(address)
	mute := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/v1/sys/internal/") {
			http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, req)
	}))
	defer mute.Close()
	t.Setenv("VAULT_ADDR", mute.URL)
	v.ok("new", "--environment", "live", "--id", "good")
	v.fails(false, refusal+"; the secret lies there in plain text: remove it with 'vault delete "+mount+"/data/"+v.prefix+"/a'",
		"new", "--environment", "live", "--id", "a", "--vault-mount", mount)
}
