package vaultkeys_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/vaulttest"
	"github.com/countersign-dev/countersign/server/vaultkeys"
)

// verifierPolicy writes the policy that stands beside the package, for the fixture's prefix.
func (f *fixture) verifierPolicy(t testing.TB) (name string) {
	t.Helper()
	text, err := os.ReadFile("policy.hcl")
	require.NoError(t, err)
	require.Contains(t, string(text), "countersign/keys")
	name = strings.ReplaceAll(f.prefix, "/", "-")
	require.NoError(t, f.root.Sys().PutPolicy(name, strings.ReplaceAll(string(text), "countersign/keys", f.prefix)))
	return name
}

// token makes a token that may do what policy.hcl allows and nothing else.
func (f *fixture) token(t testing.TB, change func(*api.TokenCreateRequest)) string {
	t.Helper()
	request := &api.TokenCreateRequest{Policies: []string{f.verifierPolicy(t)}, NoDefaultPolicy: true, NoParent: true, TTL: "1h"}
	if change != nil {
		change(request)
	}
	made, err := f.root.Auth().Token().Create(request)
	require.NoError(t, err)
	return made.Auth.ClientToken
}

func (f *fixture) revoke(t testing.TB, token string) {
	t.Helper()
	require.NoError(t, f.root.Auth().Token().RevokeTree(token))
}

func withAuth(auth vaultkeys.Auth) func(*vaultkeys.Options) {
	return func(o *vaultkeys.Options) { o.Auth = auth }
}

// requireFollows proves that a source sees changes: the key gets a new secret.
func (f *fixture) requireFollows(t testing.TB, source *vaultkeys.Source) {
	t.Helper()
	secret := newSecret()
	f.put(t, keyID, secret, map[string]any{"revoke_previous": true})
	f.requireSecrets(t, source, keyID, secret)
}

// approle makes a role whose tokens live for ttl.
func (f *fixture) approle(t testing.TB, ttl string) (roleID string, newSecretID func() string) {
	t.Helper()
	role := "auth/approle/role/" + f.verifierPolicy(t)
	_, err := f.root.Logical().Write(role, map[string]any{
		"token_policies": f.verifierPolicy(t), "token_no_default_policy": true, "token_ttl": ttl, "token_max_ttl": "1h"})
	require.NoError(t, err)
	read, err := f.root.Logical().Read(role + "/role-id")
	require.NoError(t, err)
	return read.Data["role_id"].(string), func() string {
		made, err := f.root.Logical().Write(role+"/secret-id", nil)
		require.NoError(t, err)
		return made.Data["secret_id"].(string)
	}
}

func TestLoginByToken(t *testing.T) {
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	f.requireFollows(t, f.open(t, withAuth(vaultkeys.Auth{Token: f.token(t, nil)})))
	t.Setenv("VAULT_TOKEN", f.token(t, nil))
	f.requireFollows(t, f.open(t, withAuth(vaultkeys.Auth{})))
}

func TestTokenFileIsReadAgainWhenItChanges(t *testing.T) {
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	path := filepath.Join(t.TempDir(), "token")
	first, second, third := f.token(t, nil), f.token(t, nil), f.token(t, nil)
	writeFile(t, path, first+"\n")
	source := f.open(t, withAuth(vaultkeys.Auth{TokenFile: path}))
	f.requireFollows(t, source)
	// Replaced while the first is still good, and again after the second was revoked.
	writeFile(t, path, second)
	f.waitForLogin(t, 2)
	f.revoke(t, first)
	f.requireFollows(t, source)
	f.revoke(t, second)
	eventually(t, func() bool { return source.Status().LoginError != nil }, func() string { return "the revoked token counts as a login" })
	writeFile(t, path, third)
	f.requireFollows(t, source)
	require.NoError(t, source.Status().LoginError)
	require.NoError(t, source.Ready(background))
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// waitForLogin waits until the log tells of this many logins.
func (f *fixture) waitForLogin(t testing.TB, logins int) {
	t.Helper()
	eventually(t, func() bool { return strings.Count(f.log.String(), "logged in to Vault") >= logins },
		func() string { return "no further login" })
}

func TestAppRoleLogsInAgainWhenItsTokenIsRevoked(t *testing.T) {
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	roleID, newSecretID := f.approle(t, "30m")
	path := filepath.Join(t.TempDir(), "secret-id")
	writeFile(t, path, newSecretID())
	p := newProxy(t, f)
	source := f.open(t, p.use, withAuth(vaultkeys.Auth{AppRole: &vaultkeys.AppRole{RoleID: roleID, SecretIDFile: path}}))
	f.requireFollows(t, source)
	require.WithinDuration(t, time.Now().Add(30*time.Minute), source.Status().TokenExpires, time.Minute)
	require.Equal(t, 1, p.count("login"))
	writeFile(t, path, newSecretID()) // read at the next login
	f.revoke(t, p.header("X-Vault-Token"))
	f.waitForLogin(t, 2)
	f.requireFollows(t, source)
	require.Equal(t, 2, p.count("login"))
	// A secret id in place of the file.
	f.requireFollows(t, f.open(t, withAuth(vaultkeys.Auth{AppRole: &vaultkeys.AppRole{RoleID: roleID, SecretID: newSecretID()}})))
	require.NotContains(t, f.log.String(), "hvs.")
}

func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	// It ends after 5 s, may be renewed for ever, and nobody could replace it.
	source := f.open(t, withAuth(vaultkeys.Auth{Token: f.token(t, func(r *api.TokenCreateRequest) { r.TTL, r.Period = "", "5s" })}))
	first := source.Status().TokenExpires
	eventually(t, func() bool { return source.Status().TokenExpires.After(first.Add(5 * time.Second)) },
		func() string { return "the token is not renewed" })
	require.Greater(t, time.Since(first), time.Duration(0), "the first term has not passed")
	require.Equal(t, 1, strings.Count(f.log.String(), "logged in to Vault"))
	f.requireFollows(t, source)
}

// A token that cannot be renewed any further is replaced before it ends.
func TestTokensThatRunOutAreReplaced(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	roleID, newSecretID := f.approle(t, "2s")
	_, err := f.root.Logical().Write("auth/approle/role/"+f.verifierPolicy(t), map[string]any{"token_max_ttl": "2s"})
	require.NoError(t, err)
	source := f.open(t, withAuth(vaultkeys.Auth{AppRole: &vaultkeys.AppRole{RoleID: roleID, SecretID: newSecretID()}}))
	f.waitForLogin(t, 3)
	f.requireFollows(t, source)
}

// The login endpoint is a stand-in: it checks what is sent, and gives a token of the real Vault.
func TestKubernetesLogin(t *testing.T) {
	f := newFixture(t)
	f.put(t, keyID, newSecret())
	p := newProxy(t, f)
	jwt := filepath.Join(t.TempDir(), "jwt")
	writeFile(t, jwt, "first")
	tokens := map[string]string{"first": f.token(t, nil), "second": f.token(t, nil)}
	p.interceptPath("/v1/auth/cluster/login", func(w http.ResponseWriter, req *http.Request) bool {
		var sent struct{ JWT, Role string }
		if err := json.NewDecoder(req.Body).Decode(&sent); err != nil || sent.Role != "countersign" || tokens[sent.JWT] == "" || req.Header.Get("X-Vault-Token") != "" {
			respond(http.StatusForbidden, `{"errors":["permission denied"]}`)(w, req)
			return true
		}
		respond(http.StatusOK, `{"auth":{"client_token":"`+tokens[sent.JWT]+`","renewable":true,"lease_duration":3600}}`)(w, req)
		return true
	})
	auth := vaultkeys.Auth{Kubernetes: &vaultkeys.Kubernetes{Role: "countersign", TokenFile: jwt, Mount: "cluster"}}
	source := f.open(t, p.use, withAuth(auth))
	f.requireFollows(t, source)
	writeFile(t, jwt, "second") // Kubernetes replaces it every hour
	f.revoke(t, tokens["first"])
	f.waitForLogin(t, 2)
	f.requireFollows(t, source)

	auth.Kubernetes.Role = "another"
	_, err := vaultkeys.Open(background, f.options(p.use, withAuth(auth)))
	require.ErrorContains(t, err, "logging in to Vault by Kubernetes")
	require.ErrorContains(t, err, "403")
}

func TestSettingsOfTheEnvironment(t *testing.T) {
	vault := vaulttest.Start(t, vaulttest.TLS())
	f := fixtureOn(t, vault)
	f.put(t, keyID, newSecret())
	fromEnvironment := func(o *vaultkeys.Options) { o.Address, o.CACert, o.Auth = "", "", vaultkeys.Auth{} }
	t.Setenv("VAULT_ADDR", vault.Address)
	t.Setenv("VAULT_TOKEN", vault.RootToken)

	_, err := vaultkeys.Open(background, f.options(fromEnvironment))
	require.ErrorContains(t, err, "certificate")
	t.Setenv("VAULT_CACERT", vault.CACert)
	f.requireFollows(t, f.open(t, fromEnvironment))
	t.Setenv("VAULT_CACERT", "/nowhere/ca.pem")
	_, err = vaultkeys.Open(background, f.options(fromEnvironment))
	require.ErrorContains(t, err, "VAULT_")
}

func TestNamespaceIsSent(t *testing.T) {
	f := newFixture(t)
	p := newProxy(t, f)
	f.open(t, p.use)
	require.Empty(t, p.header("X-Vault-Namespace"))
	t.Setenv("VAULT_NAMESPACE", "team/env")
	// A Vault without namespaces refuses them: what counts is what was sent.
	_, _ = vaultkeys.Open(background, f.options(p.use))
	require.Equal(t, "team/env", strings.Trim(p.header("X-Vault-Namespace"), "/"))
	_, _ = vaultkeys.Open(background, f.options(p.use, func(o *vaultkeys.Options) { o.Namespace = "other" }))
	require.Equal(t, "other", strings.Trim(p.header("X-Vault-Namespace"), "/"))
}

func TestOpenRefusesWhatTimeWillNotMend(t *testing.T) {
	f := newFixture(t)
	roleID, _ := f.approle(t, "1h")
	withoutPolicy := func() string {
		made, err := f.root.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{"default"}})
		require.NoError(t, err)
		return made.Auth.ClientToken
	}
	for name, c := range map[string]struct {
		change func(*vaultkeys.Options)
		says   string
	}{
		"no login":         {withAuth(vaultkeys.Auth{}), "VAULT_TOKEN"},
		"two logins":       {withAuth(vaultkeys.Auth{Token: "a", TokenFile: "b"}), "one way to log in"},
		"role id":          {withAuth(vaultkeys.Auth{AppRole: &vaultkeys.AppRole{SecretID: "x"}}), "RoleID"},
		"secret id":        {withAuth(vaultkeys.Auth{AppRole: &vaultkeys.AppRole{RoleID: "x"}}), "SecretIDFile"},
		"role":             {withAuth(vaultkeys.Auth{Kubernetes: &vaultkeys.Kubernetes{}}), "Role"},
		"wrong secret id":  {withAuth(vaultkeys.Auth{AppRole: &vaultkeys.AppRole{RoleID: roleID, SecretID: "x"}}), "AppRole: 400"},
		"wrong token":      {withAuth(vaultkeys.Auth{Token: "hvs.wrong"}), "403"},
		"no token file":    {withAuth(vaultkeys.Auth{TokenFile: "/nowhere"}), "/nowhere"},
		"token may not":    {withAuth(vaultkeys.Auth{Token: withoutPolicy()}), "policy.hcl"},
		"no mount":         {func(o *vaultkeys.Options) { o.Mount = "nowhere" }, "nowhere"},
		"mount":            {func(o *vaultkeys.Options) { o.Mount = "a/../b" }, "Options.Mount"},
		"prefix":           {func(o *vaultkeys.Options) { o.Prefix = "a b" }, "Options.Prefix"},
		"refresh":          {func(o *vaultkeys.Options) { o.Refresh = -1 }, "Options.Refresh"},
		"reads":            {func(o *vaultkeys.Options) { o.FirstReads = -1 }, "Options.FirstReads"},
		"CA":               {func(o *vaultkeys.Options) { o.CACert = "/nowhere" }, "Options.CACert"},
		"token unsendable": {withAuth(vaultkeys.Auth{Token: "a\nb"}), "token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("VAULT_TOKEN", "")
			source, err := vaultkeys.Open(background, f.options(c.change))
			require.ErrorContains(t, err, c.says)
			require.Nil(t, source)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}
