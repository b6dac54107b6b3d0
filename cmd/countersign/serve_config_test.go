package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// deployment is a directory with a configuration, a key file and a store.
type deployment struct {
	directory, config, listen, admin string
	credentials                      client.Credentials
	signer                           *client.Signer
}

func newDeployment(t *testing.T, initial string) *deployment {
	t.Helper()
	d := &deployment{directory: t.TempDir(), listen: freeAddress(t), admin: freeAddress(t)}
	record, err := filekeys.NewRecord("live", time.Now())
	require.NoError(t, err)
	_, err = filekeys.Edit(t.Context(), filepath.Join(d.directory, "keys.yaml"), filekeys.EditOptions{Create: true},
		func(records []filekeys.Record) ([]filekeys.Record, error) { return append(records, record), nil })
	require.NoError(t, err)
	d.credentials = client.Credentials{KeyID: record.ID, Secret: record.Secrets[0].Secret}
	d.signer = client.NewSigner(d.credentials, client.Target{Region: "live", Service: "orders"})
	d.write(t, fmt.Sprintf(`version: 1
listen: %s
admin: %s
region: live
service: orders
keys: {file: keys.yaml}
store: {badger: {path: ./claims, durability: os, initial: %s}}
policy: {max_body: 64KiB, require_signed: [idempotency-key]}
`, d.listen, d.admin, initial))
	return d
}

func (d *deployment) write(t *testing.T, text string) {
	t.Helper()
	d.config = filepath.Join(d.directory, "countersign.yaml")
	require.NoError(t, os.WriteFile(d.config, []byte(text), 0o600))
}

// freeAddress returns a loopback address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func (d *deployment) start(t *testing.T) *countersigntest.Service {
	t.Helper()
	return countersigntest.StartConfig(t, d.config)
}

func (d *deployment) get(t *testing.T, address, path string) (int, string) {
	t.Helper()
	answer, err := http.Get("http://" + address + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

func TestConfiguredServiceVerifiesAndTellsHowItIs(t *testing.T) {
	d := newDeployment(t, "new")
	s := d.start(t)

	api := &http.Client{Transport: d.signer.Transport(nil)}
	answer, err := api.Get("http://" + d.listen + "/whoami")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	answer, err = api.Get("http://" + d.listen + "/elsewhere")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusNotFound, answer.StatusCode)

	status, body := d.get(t, d.admin, "/healthz")
	assert.Equal(t, http.StatusOK, status, body)
	status, body = d.get(t, d.admin, "/readyz")
	assert.Equal(t, http.StatusOK, status, body)
	assert.Contains(t, body, `"keys":"1 keys"`)
	status, _ = d.get(t, d.listen, "/healthz")
	assert.Equal(t, http.StatusUnauthorized, status, "the admin paths are not the clients' to ask")

	assert.Equal(t, exitDone, s.Stop())
}

// TestReplacementRefusesUntilNothingCanBeForgotten: a store that knows nothing is not ready, and
// says from when it will be.
func TestReplacementRefusesUntilNothingCanBeForgotten(t *testing.T) {
	d := newDeployment(t, "replacement")
	d.start(t)
	status, body := d.get(t, d.admin, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status, body)

	req, err := http.NewRequest(http.MethodGet, "http://"+d.listen+"/whoami", nil)
	require.NoError(t, err)
	require.NoError(t, d.signer.Sign(req))
	assertCode(t, req, http.StatusServiceUnavailable, "unavailable")
}

// TestTerminatedServiceFinishesRequestsInFlight stops the service in the middle of a body.
func TestTerminatedServiceFinishesRequestsInFlight(t *testing.T) {
	d := newDeployment(t, "new")
	s := d.start(t)
	req, err := http.NewRequest(http.MethodPost, "http://"+d.listen+"/whoami", strings.NewReader("first,second"))
	require.NoError(t, err)
	require.NoError(t, d.signer.Sign(req))

	// The service asks for the body once the signature has been verified: it is in flight then.
	connection, err := net.Dial("tcp", d.listen)
	require.NoError(t, err)
	defer connection.Close()
	req.Header.Set("Expect", "100-continue")
	var head strings.Builder
	fmt.Fprintf(&head, "POST /whoami HTTP/1.1\r\nHost: %s\r\nContent-Length: 12\r\n", d.listen)
	require.NoError(t, req.Header.Write(&head))
	_, err = io.WriteString(connection, head.String()+"\r\n")
	require.NoError(t, err)
	answers := bufio.NewReader(connection)
	line, err := answers.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue")
	_, err = answers.ReadString('\n')
	require.NoError(t, err)
	_, err = io.WriteString(connection, "first,")
	require.NoError(t, err)

	code := make(chan int)
	go func() { code <- s.Stop() }()
	require.Eventually(t, func() bool { // the listener closes first
		probe, err := net.Dial("tcp", d.listen)
		if err == nil {
			probe.Close()
		}
		return err != nil
	}, 10*time.Second, 10*time.Millisecond)
	_, err = io.WriteString(connection, "second")
	require.NoError(t, err)
	answer, err := http.ReadResponse(answers, req)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, exitDone, <-code)
}
