// Package examples builds and runs the examples.
package examples

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/server/filekeys"
)

func TestMain(m *testing.M) { countersigntest.Main(m) }

// build builds an example.
func build(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), filepath.Base(pkg))
	out, err := exec.Command("go", "build", "-o", program, pkg).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// start runs a program until the test ends.
func start(t *testing.T, program string, arguments ...string) {
	t.Helper()
	cmd := exec.Command(program, arguments...)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// devEnvironment starts serve --dev and saves what it prints.
func devEnvironment(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dev.env")
	require.NoError(t, os.WriteFile(file, []byte(countersigntest.StartDev(t).Printed()), 0o600))
	return file
}

func TestClientRuns(t *testing.T) {
	out, err := exec.Command(build(t, "./client"), devEnvironment(t)).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "200 OK")
	assert.Contains(t, string(out), `"key_id":"ck_dev_`)
}

func TestCurlRuns(t *testing.T) {
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	out, err := exec.Command("sh", "curl.sh", devEnvironment(t)).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, 2, strings.Count(string(out), `"key_id":"ck_dev_`), "%s", out)
}

func TestEchoAPIAsksForScopes(t *testing.T) {
	api, address, keys := newAPI(t)
	start(t, build(t, "./echoapi"), "-keys", keys, "-new", "-claims", filepath.Join(t.TempDir(), "claims"), "-listen", address)
	waitFor(t, address)
	assertStatus(t, api, http.MethodGet, "http://"+address+"/v1/orders", http.StatusOK)
	assertStatus(t, api, http.MethodPost, "http://"+address+"/v1/orders", http.StatusForbidden)
	assertStatus(t, http.DefaultClient, http.MethodGet, "http://"+address+"/v1/orders", http.StatusUnauthorized)
}

func TestHTTPAPIAsksForScopes(t *testing.T) {
	api, address, keys := newAPI(t)
	start(t, build(t, "./httpapi"), "-keys", keys, "-new", "-listen", address)
	waitFor(t, address)
	assertStatus(t, api, http.MethodGet, "http://"+address+"/v1/orders", http.StatusOK)
	assertStatus(t, http.DefaultClient, http.MethodGet, "http://"+address+"/v1/orders", http.StatusUnauthorized)
}

// newAPI makes a key that may read orders, a client that signs with it, and a free address.
func newAPI(t *testing.T) (api *http.Client, address, keys string) {
	t.Helper()
	record, err := filekeys.NewRecord("test", time.Now())
	require.NoError(t, err)
	record.Scopes = []string{"orders:read"}
	keys = filepath.Join(t.TempDir(), "keys.yaml")
	_, err = filekeys.Edit(t.Context(), keys, filekeys.EditOptions{Create: true},
		func(records []filekeys.Record) ([]filekeys.Record, error) { return append(records, record), nil })
	require.NoError(t, err)
	credentials := client.Credentials{KeyID: record.ID, Secret: record.Secrets[0].Secret}
	signer := client.NewSigner(credentials, client.Target{Region: "test", Service: "orders"})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return &http.Client{Transport: signer.Transport(nil)}, listener.Addr().String(), keys
}

// waitFor returns once something listens on an address.
func waitFor(t *testing.T, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
		}
		return err == nil
	}, 10*time.Second, 20*time.Millisecond, "nothing listens on %s", address)
}

func assertStatus(t *testing.T, api *http.Client, method, url string, status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	answer, err := api.Do(req)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, status, answer.StatusCode, "%s %s", method, url)
}
