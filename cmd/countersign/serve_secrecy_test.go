package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/countersigntest"
)

// planted is part of every value below that a service must keep to itself.
const planted = "planted7Zq"

// delicate are requests that carry something to keep quiet wherever it can stand, most of them in a
// form that is refused for it.
func delicate(t *testing.T, credentials client.Credentials, target client.Target) []string {
	signer := client.NewSigner(credentials, target)
	mistyped := client.NewSigner(client.Credentials{KeyID: credentials.KeyID, Secret: canonical.NewSecret(planted + "-a-secret-of-another-key")}, target)
	stranger := client.NewSigner(client.Credentials{KeyID: "ck_" + target.Region + "_0000000000000000", Secret: canonical.NewSecret(planted + "-a-secret-of-nobody")}, target)
	late := client.NewSigner(credentials, target, client.WithClock(func() time.Time { return time.Now().Add(-time.Hour) }))
	const path = "/whoami?token=" + planted + "query&next=" + planted + "%20query"
	body := `{"password":"` + planted + `body"}`
	headers := []string{"Cookie: session=" + planted + "cookie", "X-Api-Key: " + planted + "header", "Content-Type: application/json"}
	make := func(signer *client.Signer) string {
		return wireRequest(t, signer, "POST", path, body, headers...)
	}
	presign := func(signer *client.Signer) string {
		req, err := http.NewRequest(http.MethodGet, "http://api.example"+path, nil)
		require.NoError(t, err)
		url, err := signer.Presign(req, time.Minute)
		require.NoError(t, err)
		return "GET " + url.RequestURI() + " HTTP/1.1\r\nHost: api.example\r\n\r\n"
	}
	edit := func(pattern, replacement string) string {
		raw := make(signer)
		changed := regexp.MustCompile(pattern).ReplaceAllString(raw, replacement)
		require.NotEqual(t, raw, changed)
		return changed
	}
	presigned := presign(signer)
	accepted := make(signer)
	return []string{
		accepted, accepted, make(mistyped), make(stranger), make(late),
		presigned, presigned, presign(mistyped), presign(stranger), presign(late),
		swap(t, presigned, "X-Countersign-Nonce=", "X-Countersign-Nonce="+planted),
		swap(t, presigned, "X-Countersign-Signature=", "X-Countersign-Signature="+planted),
		edit(`X-Countersign-Nonce: `, "X-Countersign-Nonce: "+planted+"!"),
		edit(`X-Countersign-Nonce: [^\r]*`, "X-Countersign-Nonce: "+planted),
		edit(`X-Countersign-Nonce: `, "X-Countersign-Nonce: "+planted+strings.Repeat("n", 200)),
		edit(`Signature=\w+`, "Signature="+planted),
		edit(`Signature=`, "Signature="+strings.Repeat("0", 64)+planted),
		edit(`Signature=(\w{60})\w{4}`, "Signature=${1}0000"),
		edit(`Authorization: `, "Authorization: Bearer "+planted+"\r\nAuthorization: "),
		edit(`Authorization: [^\r]*`, "Authorization: Bearer "+planted),
		edit(`Authorization: [^\r]*`, "Authorization: Basic cGxhbnRlZDdacTpwbGFudGVkN1px"),
		edit(`Credential=[^/]*`, "Credential="+credentials.Secret.Reveal()), // in the wrong place
		edit(`X-Countersign-Date: `, "X-Countersign-Date: "+planted),
		edit(`(X-Countersign-Content-Sha256): \w+`, "$1: "+planted),
		edit(`(X-Countersign-Content-Sha256): \w+`, "$1: "+strings.Repeat("0", 64)),
		edit(`password`, "passwort"),
		edit(`\?token=`, "?token=%zz"),
		edit(`\?token=`, "?token=\x01"),
		edit(`Host: `, "Host: "+planted+"@"),
		edit(`Content-Length: `, "Content-Length: "+planted),
		edit(`Content-Length: `, "Content-Length: 9"), // and the body ends before
		edit(`Host: `, "X-Long: "+planted+strings.Repeat("x", 100_000)+"\r\nHost: "),
		edit(`HTTP/1.1`, planted),
		"GET /whoami?token=" + planted + " HTTP/1.1\r\nHost: api.example\r\n\r\n",
		"GET /whoami?token=" + planted + "\r\n\r\n",
		planted + " / HTTP/1.1\r\n\r\n",
		wireRequest(t, signer, "POST", path, strings.Repeat(planted, 200_000)),
	}
}

// TestServiceKeepsItsSecrets: whatever is sent, neither output of the service holds a secret, a
// signature, a nonce, a body or a value of a query or a header; except for the secret that --dev
// prints when it starts, so that it can be used.
func TestServiceKeepsItsSecrets(t *testing.T) {
	t.Run("dev", func(t *testing.T) {
		s := countersigntest.StartDev(t)
		credentials, err := client.ParseCredentials(s.Settings["COUNTERSIGN_KEY_ID"], s.Settings["COUNTERSIGN_SECRET"])
		require.NoError(t, err)
		printed := s.Printed()
		requests := delicate(t, credentials, client.Target{Region: devRegion, Service: devService})
		requireQuiet(t, s, credentials, requests)
		assert.Equal(t, printed, s.Printed(), "it prints when it starts, and no more")
	})
	t.Run("config", func(t *testing.T) {
		d := newDeployment(t, "new")
		text, err := os.ReadFile(d.config)
		require.NoError(t, err)
		d.write(t, swap(t, string(text), "require_signed: [idempotency-key]", "require_signed: []"))
		s := d.start(t)
		s.Settings = map[string]string{"COUNTERSIGN_URL": "http://" + d.listen}
		requests := delicate(t, d.credentials, client.Target{Region: "live", Service: "orders"})
		requireQuiet(t, s, d.credentials, requests)
		assert.Empty(t, s.Printed())
	})
}

func requireQuiet(t *testing.T, s *countersigntest.Service, credentials client.Credentials, requests []string) {
	t.Helper()
	statuses := make(map[string]int)
	for _, raw := range requests {
		answer := sendWhole(t, s, raw)
		status, _, _ := strings.Cut(answer, "\r\n")
		statuses[status]++
		assert.NotContains(t, answer, planted, "%q", raw[:min(len(raw), 300)])
	}
	require.Equal(t, exitDone, s.Stop(), s.Log())
	t.Log(statuses)
	assert.Equal(t, 2, statuses["HTTP/1.1 200 OK"], s.Log())
	assert.Greater(t, strings.Count(s.Log(), "msg=refused"), 20)

	log := s.Log()
	assert.NotContains(t, strings.ToLower(log), strings.ToLower(planted))
	assert.NotContains(t, log, "cGxhbnRlZDdacTpwbGFudGVkN1px")
	assert.NotContains(t, log, credentials.Secret.Reveal())
	quiet := regexp.MustCompile(`(?:Signature=|X-Countersign-Nonce(?:: |=)|Sha256: )([\w-]{16,})`)
	found := 0
	for _, raw := range requests {
		for _, match := range quiet.FindAllStringSubmatch(raw, -1) {
			found++
			assert.NotContains(t, log, match[1])
		}
	}
	assert.Greater(t, found, 60)
}
