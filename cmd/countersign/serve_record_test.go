package main

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/countersigntest"
)

// recording adds records to the log of a deployment.
func (d *deployment) recording(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(d.config)
	require.NoError(t, err)
	d.write(t, string(text)+"log: {level: debug, record: true}\n")
}

// explainLog runs the built command on a log, with the settings of a client.
func explainLog(t *testing.T, log string, credentials client.Credentials, arguments ...string) (report string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, countersigntest.Program(t), append([]string{"explain"}, arguments...)...)
	cmd.Stdin = strings.NewReader(log)
	cmd.Env = []string{
		"COUNTERSIGN_KEY_ID=" + credentials.KeyID, "COUNTERSIGN_SECRET=" + credentials.Secret.Reveal(),
		"COUNTERSIGN_URL=http://api.example", "COUNTERSIGN_REGION=live", "COUNTERSIGN_SERVICE=orders",
	}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// TestARefusalIsExplainedFromTheLog: behind a proxy that puts a port into Host, the client learns
// nothing, and the operator's log the cause.
func TestARefusalIsExplainedFromTheLog(t *testing.T) {
	d := newDeployment(t, "new")
	d.recording(t)
	s := d.start(t)
	s.Settings = map[string]string{"COUNTERSIGN_URL": "http://" + d.listen}
	raw := wireRequest(t, d.signer, "POST", "/whoami?token="+planted, `{"password":"`+planted+`body"}`, "Content-Type: application/json")
	signature := regexp.MustCompile(`Signature=(\w{64})`).FindStringSubmatch(raw)[1]
	raw = swap(t, raw, "Host: api.example\r\n", "Host: api.example:8443\r\nX-Forwarded-For: "+planted+"unsigned\r\nCookie: "+planted+"cookie\r\n")

	answer := sendWhole(t, s, raw)
	require.True(t, strings.HasPrefix(answer, "HTTP/1.1 401 "), answer)
	assert.Contains(t, answer, `"code":"invalid_signature"`)
	requestID := regexp.MustCompile(`X-Request-Id: (\S+)`).FindStringSubmatch(answer)[1]
	for _, inside := range []string{planted, "record", "8443", "canonical", "mismatch", signature} {
		assert.NotContains(t, answer, inside)
	}
	sendWhole(t, s, wireRequest(t, d.signer, "GET", "/whoami?of=another", ""))
	sendWhole(t, s, "GET /whoami HTTP/1.1\r\nHost: a\r\n\r\n")
	require.Equal(t, exitDone, s.Stop(), s.Log())
	log := s.Log()
	assert.Contains(t, log, "switch it off when the fault is found")
	assert.Equal(t, 2, strings.Count(log, "countersign_record"), "accepted requests leave none")
	for _, hidden := range []string{signature, d.credentials.Secret.Reveal(), planted + "body", planted + "unsigned", planted + "cookie", "of=another"} {
		assert.NotContains(t, log, hidden)
	}
	assert.Contains(t, log, planted, "query values are in records, and the documentation says so")

	report, code := explainLog(t, log, d.credentials, "--request-id", requestID)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, report, "it matches with one change (host-of-url): the host was signed as COUNTERSIGN_URL has it (api.example), and arrived as api.example:8443")
	assert.Contains(t, report, "line 5, header host\n    signed    host:api.example\n    verifier  host:api.example:8443\n")
	report, code = explainLog(t, log, d.credentials)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, report, "missing_signature", "the last one")
	for _, hidden := range []string{signature, d.credentials.Secret.Reveal()} {
		assert.NotContains(t, report, hidden)
	}
}

// TestRecordsAreOffUntilAskedFor, also at level debug.
func TestRecordsAreOffUntilAskedFor(t *testing.T) {
	d := newDeployment(t, "new")
	text, err := os.ReadFile(d.config)
	require.NoError(t, err)
	d.write(t, string(text)+"log: {level: debug}\n")
	s := d.start(t)
	s.Settings = map[string]string{"COUNTERSIGN_URL": "http://" + d.listen}
	sendWhole(t, s, "GET /whoami?a="+planted+" HTTP/1.1\r\nHost: a\r\n\r\n")
	accepted := wireRequest(t, d.signer, "GET", "/whoami", "")
	require.Contains(t, sendWhole(t, s, accepted), "200 OK")
	require.Equal(t, exitDone, s.Stop())
	assert.Contains(t, s.Log(), "level=DEBUG msg=accepted", "the level is in force")
	assert.Contains(t, s.Log(), "msg=refused")
	assert.NotContains(t, s.Log(), "countersign_record")
	assert.NotContains(t, s.Log(), planted)
	report, code := explainLog(t, s.Log(), d.credentials, "--request-id", "any")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, report, "log: {level: debug, record: true}")
}

// TestServiceKeepsItsSecretsInRecords: whatever is sent, and records of it, no log holds a secret, a
// signature, a body, or a value of a header that is not signed.
func TestServiceKeepsItsSecretsInRecords(t *testing.T) {
	s := countersigntest.StartDev(t, "--log-records")
	credentials, err := client.ParseCredentials(s.Settings["COUNTERSIGN_KEY_ID"], s.Settings["COUNTERSIGN_SECRET"])
	require.NoError(t, err)
	requests := delicate(t, credentials, client.Target{Region: devRegion, Service: devService})
	signatures := regexp.MustCompile(`Signature=([0-9a-f]{60,})`)
	for i, raw := range requests {
		raw = strings.Replace(raw, "\r\nHost: ", "\r\nX-Unsigned: "+planted+"unsigned\r\nHost: ", 1)
		if i%2 == 1 {
			raw = strings.Replace(raw, "/whoami?", "/whoami?secret="+credentials.Secret.Reveal()+"&", 1)
		}
		answer := sendWhole(t, s, raw)
		assert.NotContains(t, answer, planted, "%q", raw[:min(len(raw), 300)])
	}
	require.Equal(t, exitDone, s.Stop(), s.Log())
	log := s.Log()
	assert.Greater(t, strings.Count(log, "countersign_record"), 20)
	for _, hidden := range []string{credentials.Secret.Reveal(), planted + "body", planted + "unsigned", planted + planted} {
		assert.False(t, strings.Contains(log, hidden), hidden)
	}
	found := 0
	for _, raw := range requests {
		for _, match := range signatures.FindAllStringSubmatch(raw, -1) {
			if strings.Trim(match[1], "0") == "" {
				continue // no signature, and a hash of nothing
			}
			found++
			assert.False(t, strings.Contains(log, match[1]), match[1])
		}
	}
	assert.Greater(t, found, 20)
}
