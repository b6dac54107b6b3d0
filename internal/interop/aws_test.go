// Package interop sends requests that other people's signers made, unmodified, to a verifier.
package interop

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

const (
	keyID  = "ck_test_awssigner0000000"
	secret = "an imported secret of more than 32 bytes"
)

// startVerifier serves an API that answers 200 to every verified request, with the target that it saw.
func startVerifier(t *testing.T) *httptest.Server {
	store, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	keys := server.NewStaticKeys(&server.Key{
		ID: keyID, Environment: "test", Dialects: canonical.Dialects(),
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(secret)}},
	})
	verifier, err := server.NewVerifier(keys, store, server.Policy{Region: "test", Service: "interop"})
	require.NoError(t, err)
	api := httptest.NewServer(verifier.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = w.Write([]byte(req.RequestURI))
	})))
	t.Cleanup(api.Close)
	return api
}

// signerRequest and signerAnswer are the lines that internal/awssigner reads and writes.
type signerRequest struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Header  http.Header `json:"header"`
	Body    string      `json:"body"`
	KeyID   string      `json:"key_id"`
	Secret  string      `json:"secret"`
	Region  string      `json:"region"`
	Service string      `json:"service"`
}

type signerAnswer struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Error  string `json:"error"`
}

func TestAWSSDKSignerIsAccepted(t *testing.T) {
	api := startVerifier(t)
	random := rand.New(rand.NewPCG(1, 2))
	var requests []signerRequest
	for range 300 {
		requests = append(requests, randomRequest(random, api.URL))
	}
	for i, answer := range signAndSend(t, requests) {
		assert.Equal(t, http.StatusOK, answer.Status, "%+v: %+v", requests[i], answer)
	}
	// The same nonces once more: the signer makes new signatures, and they are replays.
	for i, answer := range signAndSend(t, requests[:20]) {
		assert.Equal(t, http.StatusUnauthorized, answer.Status, "%+v: %+v", requests[i], answer)
		assert.Contains(t, answer.Body, `"code":"replayed_request"`)
	}
	wrong := requests[0]
	wrong.Secret += "x"
	assert.Contains(t, signAndSend(t, []signerRequest{wrong})[0].Body, `"code":"invalid_signature"`)
}

// randomRequest draws a request with a fresh nonce whose target holds what clients send: escapes,
// reserved characters, repeated and unsorted parameters.
func randomRequest(random *rand.Rand, base string) signerRequest {
	pick := func(of []string) string { return of[random.IntN(len(of))] }
	path := ""
	for range 1 + random.IntN(3) {
		path += "/" + url.PathEscape(pick([]string{"orders", "a b", "naïve", "x:y", "v1.2~3", "50%", "a+b", "日本", "@me", "k=v"}))
	}
	var pairs []string
	for range random.IntN(5) {
		pairs = append(pairs, pick([]string{"b", "a", "A", "z-1", "key%20name"})+"="+
			url.QueryEscape(pick([]string{"", "1", "a b", "x&y", "ü", "1+1=2", "~*'()", "/path"})))
	}
	r := signerRequest{
		Method: pick([]string{"GET", "POST", "PUT", "DELETE"}), URL: base + path,
		Header: http.Header{"X-Amz-Nonce": {uuid.NewString()}},
		KeyID:  keyID, Secret: secret, Region: "test", Service: "interop",
	}
	if len(pairs) > 0 {
		r.URL += "?" + strings.Join(pairs, "&")
	}
	if r.Method != "GET" {
		r.Body = strings.Repeat(pick([]string{"x", `{"a":1}`, "ü\n"}), random.IntN(200))
		r.Header.Set("Content-Type", "application/json")
	}
	if random.IntN(2) == 0 {
		r.Header["X-Custom"] = []string{"  two   spaces ", "second"}
	}
	return r
}

// signAndSend lets the SDK's signer sign and send requests.
func signAndSend(t *testing.T, requests []signerRequest) []signerAnswer {
	t.Helper()
	cmd := exec.Command(signerProgram(t))
	var stdin strings.Builder
	encoder := json.NewEncoder(&stdin)
	for _, r := range requests {
		require.NoError(t, encoder.Encode(r))
	}
	cmd.Stdin, cmd.Stderr = strings.NewReader(stdin.String()), os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var answers []signerAnswer
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	for lines.Scan() {
		var a signerAnswer
		require.NoError(t, json.Unmarshal(lines.Bytes(), &a))
		answers = append(answers, a)
	}
	require.Len(t, answers, len(requests))
	return answers
}

// signerProgram builds internal/awssigner.
func signerProgram(t *testing.T) string {
	t.Helper()
	if builtSigner != "" {
		return builtSigner
	}
	program := filepath.Join(programs, "awssigner")
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Dir = filepath.Join("..", "awssigner")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("building internal/awssigner: %v\n%s", err, out)
		testneed.Missing(t, testneed.AWSSigner, "run 'go mod download' in internal/awssigner, so that it builds")
	}
	builtSigner = program
	return program
}

// programs is where the tests build programs, and builtSigner what has been built there.
var (
	programs    string
	builtSigner string
)

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "countersign-interop-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}
