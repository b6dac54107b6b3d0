package vaultcreds_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client/vaultcreds"
	"github.com/countersign-dev/countersign/internal/vaulttest"
)

// permit writes a policy that may read the stage's key alone, and returns its name.
func (s *stage) permit() string {
	s.t.Helper()
	name := "client-" + s.keyID
	require.NoError(s.t, s.vault.Sys().PutPolicyWithContext(s.t.Context(), name,
		`path "secret/data/countersign/keys/`+s.keyID+`" { capabilities = ["read"] }`))
	return name
}

func (s *stage) newToken(ttl string) string {
	s.t.Helper()
	answer, err := s.vault.Auth().Token().CreateOrphan(&api.TokenCreateRequest{Policies: []string{s.permit()}, TTL: ttl})
	require.NoError(s.t, err)
	return answer.Auth.ClientToken
}

// appRole makes a role, and returns the way to log in with it.
func (s *stage) appRole(settings map[string]any) *vaultcreds.AppRole {
	s.t.Helper()
	role := "auth/approle/role/" + s.keyID
	settings["token_policies"] = s.permit()
	_, err := s.vault.Logical().Write(role, settings)
	require.NoError(s.t, err)
	id, err := s.vault.Logical().Read(role + "/role-id")
	require.NoError(s.t, err)
	secret, err := s.vault.Logical().Write(role+"/secret-id", nil)
	require.NoError(s.t, err)
	file := filepath.Join(s.t.TempDir(), "secret-id")
	require.NoError(s.t, os.WriteFile(file, []byte(secret.Data["secret_id"].(string)+"\n"), 0o600))
	return &vaultcreds.AppRole{RoleID: id.Data["role_id"].(string), SecretIDFile: file}
}

// staysWell waits for a condition, and asserts that the source was never without Vault before it.
func (s *stage) staysWell(source *vaultcreds.Source, until func() bool) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		require.NoError(s.t, source.Status().Err)
		return until()
	}, patience, time.Millisecond)
}

func TestTokenIsRenewed(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_renewed000000000")
	s.put('a')
	source := s.open(func(o *vaultcreds.Options) { o.Auth.Token = s.newToken("2s") })
	began := time.Now()
	s.staysWell(source, func() bool { return s.renewals.Load() >= 2 && time.Since(began) > 2*time.Second })
}

func TestTokenFileIsFollowed(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_tokenfile0000000")
	s.put('a')
	file := filepath.Join(t.TempDir(), "token")
	first := s.newToken("1h")
	require.NoError(t, os.WriteFile(file, []byte(first+"\n"), 0o600))
	source := s.open(func(o *vaultcreds.Options) { o.Auth = vaultcreds.Auth{TokenFile: file} })
	require.NoError(t, s.vault.Auth().Token().RevokeTree(first))
	require.Eventually(t, func() bool { return source.Status().Err != nil }, patience, time.Millisecond)
	require.NoError(t, os.WriteFile(file, nil, 0o600)) // half-written
	require.NoError(t, os.WriteFile(file, []byte(s.newToken("1h")), 0o600))
	require.Eventually(t, func() bool { return source.Status().Err == nil }, patience, time.Millisecond)
}

func TestAppRoleLogsInAgainWhenItsTokenCanBeRenewedNoMore(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_approle000000000")
	s.put('a')
	role := s.appRole(map[string]any{"token_ttl": "2s", "token_max_ttl": "3s"})
	source := s.open(func(o *vaultcreds.Options) { o.Auth = vaultcreds.Auth{AppRole: role} })
	s.staysWell(source, func() bool { return s.logins.Load() >= 2 })
}

func TestKubernetesLogin(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_kubernetes000000")
	s.put('a')
	account := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(account, []byte("a-service-account"), 0o600))
	token := s.newToken("1h")
	var path string
	var login map[string]string
	standIn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodPut {
			http.Redirect(w, req, s.vault.Address()+req.RequestURI, http.StatusTemporaryRedirect)
			return
		}
		path = req.URL.Path
		assert.Equal(t, "team", req.Header.Get("X-Vault-Namespace"))
		assert.NoError(t, json.NewDecoder(req.Body).Decode(&login))
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{"auth": map[string]any{"client_token": token, "lease_duration": 3600}}))
	}))
	defer standIn.Close()
	source := s.open(func(o *vaultcreds.Options) {
		o.Address, o.Namespace = standIn.URL, "team"
		o.Auth = vaultcreds.Auth{Kubernetes: &vaultcreds.Kubernetes{Role: "orders", TokenFile: account, Mount: "k8s"}}
	})
	s.signsWith(source, 'a')
	assert.Equal(t, "/v1/auth/k8s/login", path)
	assert.Equal(t, map[string]string{"role": "orders", "jwt": "a-service-account"}, login)
}

func TestVaultIsVerifiedByItsAuthority(t *testing.T) {
	vault := vaulttest.Start(t, vaulttest.TLS())
	s := newStage(t, vault, "ck_live_tls0000000000000")
	s.put('a')
	direct := func(o *vaultcreds.Options) { o.Address, o.CACert = vault.Address, vault.CACert }
	s.signsWith(s.open(direct), 'a')
	options := s.options()
	options.Address = vault.Address
	_, err := vaultcreds.Open(t.Context(), s.keyID, options)
	assert.ErrorContains(t, err, "certificate")
}

func TestAuthIsOneWayAndShowsNoSecret(t *testing.T) {
	s := newStage(t, vaulttest.Shared(t), "ck_live_auth000000000000")
	for _, auth := range []vaultcreds.Auth{
		{}, {Token: "a", TokenFile: "b"}, {AppRole: &vaultcreds.AppRole{RoleID: "a"}}, {AppRole: &vaultcreds.AppRole{SecretID: "s3cret"}},
		{Kubernetes: &vaultcreds.Kubernetes{}}, {TokenFile: filepath.Join(t.TempDir(), "none")},
	} {
		t.Setenv("VAULT_TOKEN", "")
		options := s.options()
		options.Auth = auth
		_, err := vaultcreds.Open(t.Context(), s.keyID, options)
		assert.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	}
	assert.NotContains(t, vaultcreds.Auth{Token: "s3cret"}.GoString(), "s3cret")
	assert.NotContains(t, vaultcreds.AppRole{SecretID: "s3cret"}.GoString(), "s3cret")
	t.Setenv("VAULT_TOKEN", s.vault.Token())
	s.put('a')
	s.signsWith(s.open(func(o *vaultcreds.Options) { o.Auth = vaultcreds.Auth{} }), 'a')
}
