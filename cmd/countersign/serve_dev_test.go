package main

import (
	"encoding/json"
	"io"
	"net/http"
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
)

// shell runs a printed command with sh, as a user who pastes it does.
func shell(t *testing.T, line string) string {
	t.Helper()
	testneed.Program(t, testneed.Curl, "apt-get install curl")
	out, err := exec.Command("sh", "-c", line).Output()
	require.NoError(t, err, "%s", line)
	return string(out)
}

func TestDevPrintsCommandsThatWork(t *testing.T) {
	s := countersigntest.StartDev(t)
	assert.Equal(t, []string{"COUNTERSIGN_URL", "COUNTERSIGN_KEY_ID", "COUNTERSIGN_SECRET", "COUNTERSIGN_REGION", "COUNTERSIGN_SERVICE"}, settingNames(s.Printed()))
	assert.Equal(t, "dev", s.Settings["COUNTERSIGN_REGION"])
	assert.Equal(t, "demo", s.Settings["COUNTERSIGN_SERVICE"])

	first := shell(t, s.Curl[0])
	assert.Contains(t, first, "HTTP/1.1 200 OK")
	_, body, _ := strings.Cut(first, "\r\n\r\n")
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	assert.Equal(t, s.Settings["COUNTERSIGN_KEY_ID"], answer["key_id"])
	assert.Equal(t, "dev", answer["environment"])
	assert.Equal(t, "cs4", answer["dialect"])
	assert.ElementsMatch(t, []string{"key_id", "environment", "scopes", "dialect", "signed_at", "request_id"}, keysOf(answer))

	second := shell(t, s.Curl[0])
	assert.Contains(t, second, "HTTP/1.1 401 Unauthorized")
	assert.Contains(t, second, "application/problem+json")
	assert.Contains(t, second, `"code":"replayed_request"`)

	assert.Contains(t, shell(t, s.Curl[1]), "HTTP/1.1 200 OK")
	assert.Contains(t, shell(t, s.Curl[1]), "HTTP/1.1 200 OK")
}

func settingNames(output string) (names []string) {
	for _, line := range strings.Split(output, "\n") {
		if name, _, ok := strings.Cut(line, "="); ok && strings.HasPrefix(line, "COUNTERSIGN_") {
			names = append(names, name)
		}
	}
	return names
}

func keysOf(m map[string]any) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

// TestDevKeepsKeyAndNonces restarts the service on the same data: the key is the same, and what was
// used stays used.
func TestDevKeepsKeyAndNonces(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := countersigntest.StartDev(t, "--data", data)
	req := newRequest(t, s, "/whoami")
	require.NoError(t, devSigner(t, s).Sign(req))
	first, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, first.Body.Close())
	require.Equal(t, http.StatusOK, first.StatusCode)
	require.Equal(t, exitDone, s.Stop(), s.Log())

	again := countersigntest.StartDev(t, "--data", data)
	assert.Equal(t, s.Settings["COUNTERSIGN_SECRET"], again.Settings["COUNTERSIGN_SECRET"])
	req.URL.Host = strings.TrimPrefix(again.Settings["COUNTERSIGN_URL"], "http://")
	assertCode(t, req, http.StatusUnauthorized, "replayed_request")
}

func devSigner(t *testing.T, s *countersigntest.Service) *client.Signer {
	t.Helper()
	credentials, err := client.ParseCredentials(s.Settings["COUNTERSIGN_KEY_ID"], s.Settings["COUNTERSIGN_SECRET"])
	require.NoError(t, err)
	return client.NewSigner(credentials, client.Target{Region: "dev", Service: "demo"})
}

// newRequest makes a request with a Host of its own, so that it is as good at another port.
func newRequest(t *testing.T, s *countersigntest.Service, target string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Settings["COUNTERSIGN_URL"]+target, nil)
	require.NoError(t, err)
	req.Host = "api.example"
	return req
}

// assertCode sends a request as it is and asserts the answer.
func assertCode(t *testing.T, req *http.Request, status int, code string) {
	t.Helper()
	answer, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.Equal(t, status, answer.StatusCode, "%s", body)
	assert.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))
	assert.Contains(t, string(body), `"code":"`+code+`"`)
}

// TestDevRefusesWhatHasChanged changes one thing of a signed request at a time.
func TestDevRefusesWhatHasChanged(t *testing.T) {
	s := countersigntest.StartDev(t)
	signer := devSigner(t, s)
	later := time.Now().UTC().Add(10 * time.Second).Format("20060102T150405Z")
	changes := map[string]func(*http.Request){
		"method": func(req *http.Request) { req.Method = http.MethodDelete },
		"host":   func(req *http.Request) { req.Host = "other.example" },
		"path":   func(req *http.Request) { req.URL.Path = "/whoami/" },
		"query":  func(req *http.Request) { req.URL.RawQuery = "a=2" },
		"header": func(req *http.Request) { req.Header.Set("X-Custom", "other") },
		"nonce":  func(req *http.Request) { req.Header.Set("X-Countersign-Nonce", "another-nonce-0000000") },
		"date":   func(req *http.Request) { req.Header.Set("X-Countersign-Date", later) },
		"body": func(req *http.Request) {
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			req := newRequest(t, s, "/whoami?a=1")
			req.Header.Set("X-Custom", "value")
			require.NoError(t, signer.Sign(req))
			altered := req.Clone(t.Context())
			change(altered)
			assertCode(t, altered, http.StatusUnauthorized, "invalid_signature")
			// The refusal has claimed nothing: the request as it was signed is still good.
			answer, err := http.DefaultTransport.RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			assert.Equal(t, http.StatusOK, answer.StatusCode)
		})
	}
	assertCode(t, newRequest(t, s, "/whoami"), http.StatusUnauthorized, "missing_signature")

	large, err := http.NewRequest(http.MethodPost, s.Settings["COUNTERSIGN_URL"]+"/whoami", strings.NewReader(strings.Repeat("x", 1<<20+1)))
	require.NoError(t, err)
	require.NoError(t, signer.Sign(large))
	assertCode(t, large, http.StatusRequestEntityTooLarge, "payload_too_large")
}

// TestDevAnswersUnknownKeysLikeWrongSignatures compares the answers byte for byte, but for the
// request id and the date.
func TestDevAnswersUnknownKeysLikeWrongSignatures(t *testing.T) {
	s := countersigntest.StartDev(t)
	answers := make([]string, 2)
	for i, id := range []string{s.Settings["COUNTERSIGN_KEY_ID"], "ck_dev_0000000000000000"} {
		credentials, err := client.ParseCredentials(id, "a-secret-that-is-not-the-keys-of-some-length")
		require.NoError(t, err)
		req := newRequest(t, s, "/whoami")
		require.NoError(t, client.NewSigner(credentials, client.Target{Region: "dev", Service: "demo"}).Sign(req))
		answer, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		id := answer.Header.Get("X-Request-Id")
		require.NotEmpty(t, id)
		answer.Header.Del("Date")
		var text strings.Builder
		require.NoError(t, answer.Write(&text))
		answers[i] = strings.ReplaceAll(text.String(), id, "")
		assert.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	}
	assert.Equal(t, answers[0], answers[1])
}
