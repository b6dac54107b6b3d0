package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/client/vaultcreds"
	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/vaulttest"
)

// What a service with keys in Vault is given, so that a test need not wait for long.
const (
	vaultRefresh  = 200 * time.Millisecond
	vaultMaxStale = 2 * time.Second
)

// vaultDeployment is a service with its keys in a Vault of its own.
type vaultDeployment struct {
	*deployment
	vault *vaulttest.Server
}

func newVaultDeployment(t *testing.T) *vaultDeployment {
	t.Helper()
	d := &vaultDeployment{deployment: newDeployment(t, "new"), vault: vaulttest.Start(t)}
	for name, value := range map[string]string{"VAULT_ADDR": d.vault.Address, "VAULT_TOKEN": d.vault.RootToken, "VAULT_NAMESPACE": ""} {
		t.Setenv(name, value) // for the keys commands
	}
	require.NoError(t, os.WriteFile(filepath.Join(d.directory, "token"), []byte(d.vault.RootToken+"\n"), 0o600))
	d.write(t, fmt.Sprintf(`version: 1
listen: %s
admin: %s
region: live
service: orders
keys: {vault: {address: '%s', auth: {token_file: token}, refresh: %s, max_stale: %s}}
store: {badger: {path: ./claims, initial: new}}
`, d.listen, d.admin, d.vault.Address, vaultRefresh, vaultMaxStale))
	return d
}

// keys runs a keys command on the Vault, and returns what it wrote to standard output.
func (d *vaultDeployment) keys(t *testing.T, arguments ...string) string {
	t.Helper()
	out, notes, code := countersigntest.Run(t, append(append([]string{"keys"}, arguments...), "--vault")...)
	require.Equal(t, exitDone, code, "keys %v: %s", arguments, notes)
	return out
}

// newKey makes a key with the command, and returns its id and secret.
func (d *vaultDeployment) newKey(t *testing.T) (id, secret string) {
	t.Helper()
	return keyOfLines(t, d.keys(t, "new", "--environment", "live"))
}

func keyOfLines(t *testing.T, text string) (id, secret string) {
	t.Helper()
	lines := keyLines.FindStringSubmatch(text)
	require.NotNil(t, lines, "no key was printed")
	return lines[1], lines[2]
}

// call sends a signed request, and returns the answer's status.
func (d *vaultDeployment) call(t *testing.T, source client.CredentialSource) int {
	t.Helper()
	signer := client.NewSigner(source, client.Target{Region: "live", Service: "orders"})
	answer, err := (&http.Client{Transport: signer.Transport(nil)}).Get("http://" + d.listen + "/whoami")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}

// comes waits for a status that every call answers from then on.
func (d *vaultDeployment) comes(t *testing.T, source client.CredentialSource, status int, within time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool { return d.call(t, source) == status }, within, 5*time.Millisecond)
	for range 20 {
		require.Equal(t, status, d.call(t, source))
	}
}

func TestRotationsUnderLoadRefuseNobody(t *testing.T) {
	d := newVaultDeployment(t)
	id, first := d.newKey(t)
	service := d.start(t)
	const settle = time.Second // five times the verifier's refresh
	source, err := vaultcreds.Open(t.Context(), id, vaultcreds.Options{Refresh: 50 * time.Millisecond, Settle: settle})
	require.NoError(t, err)
	defer source.Close()

	signer := client.NewSigner(source, client.Target{Region: "live", Service: "orders"})
	api := &http.Client{Transport: signer.Transport(nil)}
	stop := make(chan struct{})
	var sent, refused atomic.Int64
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				answer, err := api.Get("http://" + d.listen + "/whoami")
				if !assert.NoError(t, err) {
					return
				}
				_ = answer.Body.Close()
				sent.Add(1)
				if answer.StatusCode != http.StatusOK {
					refused.Add(1)
				}
			}
		})
	}
	secret := first
	for i := range 7 {
		arguments := []string{"rotate", id}
		if i >= 3 { // a key has four active secrets at most
			arguments = append(arguments, "--force")
		}
		_, secret = keyOfLines(t, d.keys(t, arguments...))
		if i >= 2 { // the first two come in a row
			require.Eventually(t, func() bool {
				credentials, err := source.Credentials(t.Context())
				return err == nil && credentials.Secret.Reveal() == secret
			}, 20*time.Second, 5*time.Millisecond, "the client does not take up the new secret")
		}
	}
	close(stop)
	load.Wait()
	assert.Zero(t, refused.Load(), "of %d", sent.Load())
	assert.Greater(t, sent.Load(), int64(100))
	assert.NotContains(t, service.Log(), "cs_live_")

	assert.Equal(t, http.StatusUnauthorized, d.call(t, client.Static(id, first)), "it was forced out")
	assert.Equal(t, http.StatusOK, d.call(t, client.Static(id, secret)))
}

func TestOldSecretsUseIsTold(t *testing.T) {
	d := newVaultDeployment(t)
	id, old := d.newKey(t)
	d.start(t)
	_, secret := keyOfLines(t, d.keys(t, "rotate", id))
	d.comes(t, client.Static(id, secret), http.StatusOK, 10*time.Second)
	shown := d.keys(t, "show", id, "--admin", "http://"+d.admin)
	assert.Regexp(t, `(?m)^secret 1 +active,.*, version 1, not used since \S+$`, shown)
	require.Equal(t, http.StatusOK, d.call(t, client.Static(id, old)))
	shown = d.keys(t, "show", id, "--admin", "http://"+d.admin)
	assert.Regexp(t, regexp.MustCompile(`(?m)^secret 1 +active,.*, version 1, last used \ds ago \(\S+\)$`), shown)
	assert.Regexp(t, `"last_used": "20`, d.keys(t, "show", id, "--admin", "http://"+d.admin, "--json"))

	status, body := d.get(t, d.admin, "/keys/"+id)
	assert.Equal(t, http.StatusOK, status)
	assert.Regexp(t, `^{"key_id":"`+id+`","watched_since":"[^"]+","secrets":\[{"index":0,"not_after":null,"last_used":null},{"index":1,"not_after":"[^"]+","last_used":"[^"]+"}]}\n$`, body)
	status, _ = d.get(t, d.admin, "/keys/ck_live_0000000000000000")
	assert.Equal(t, http.StatusNotFound, status)
	_, notes, code := countersigntest.Run(t, "keys", "show", id, "--vault", "--admin", "http://"+d.listen)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, notes, "admin")

	d.keys(t, "revoke", id, "--secret-index", "1")
	d.comes(t, client.Static(id, old), http.StatusUnauthorized, 10*time.Second)
	assert.Equal(t, http.StatusOK, d.call(t, client.Static(id, secret)))
}

func TestRevokedKeyIsRefusedWithinTheRefreshInterval(t *testing.T) {
	for name, arguments := range map[string][]string{"disabled": nil, "removed": {"--remove"}} {
		t.Run(name, func(t *testing.T) {
			d := newVaultDeployment(t)
			id, secret := d.newKey(t)
			d.start(t)
			key := client.Static(id, secret)
			d.comes(t, key, http.StatusOK, 10*time.Second)
			d.keys(t, append([]string{"revoke", id}, arguments...)...)
			d.comes(t, key, http.StatusUnauthorized, vaultRefresh+time.Second)
			if name == "disabled" {
				_, err := d.vault.Root(t).KVv2("secret").Patch(t.Context(), "countersign/keys/"+id, map[string]any{"disabled": false})
				require.NoError(t, err)
				d.comes(t, key, http.StatusOK, 10*time.Second)
			}
		})
	}
}

func TestServiceOutlivesAnOutageOfVaultForMaxStale(t *testing.T) {
	d := newVaultDeployment(t)
	id, secret := d.newKey(t)
	d.start(t)
	key := client.Static(id, secret)
	d.comes(t, key, http.StatusOK, 10*time.Second)
	status, body := d.get(t, d.admin, "/readyz")
	assert.Equal(t, http.StatusOK, status, body)
	assert.Contains(t, body, "1 keys, 1 in memory")

	d.vault.Stop(t)
	stopped := time.Now()
	for time.Since(stopped) < vaultMaxStale-200*time.Millisecond {
		require.Equal(t, http.StatusOK, d.call(t, key), "after %v", time.Since(stopped))
	}
	d.comes(t, key, http.StatusServiceUnavailable, vaultRefresh+5*time.Second)
	assert.Equal(t, http.StatusServiceUnavailable, d.call(t, client.Static("ck_live_0000000000000000", secret)), "nobody can tell")
	status, body = d.get(t, d.admin, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, "too old")
	assert.Contains(t, body, "not ready")

	d.vault.Restart(t, false)
	d.comes(t, key, http.StatusOK, 60*time.Second)
	status, body = d.get(t, d.admin, "/readyz")
	assert.Equal(t, http.StatusOK, status, body)
}

func TestConfigOfVaultIsStrict(t *testing.T) {
	d := newVaultDeployment(t)
	text, err := os.ReadFile(d.config)
	require.NoError(t, err)
	for replacement, says := range map[string]string{
		"token_file: none": "none", "token: hvs.abc": "unknown field", "approle: {role_id: a}": "secret_id_file",
	} {
		d.write(t, strings.Replace(string(text), "token_file: token", replacement, 1))
		_, notes, code := countersigntest.Run(t, "serve", "--config", d.config)
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, notes, says)
		assert.NotContains(t, notes, "hvs.abc")
	}
}
