package proxies

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/service/gateway"
	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/internal/vectorrun"
	"github.com/countersign-dev/countersign/testvectors"
)

// TestProxyJudgesVectorsAsTheLibrary sends every vector of HTTP/1.1 that a parser must not decide
// through the proxy. What is judged otherwise is listed.
func TestProxyJudgesVectorsAsTheLibrary(t *testing.T) {
	set, err := testvectors.Load(testvectors.FS)
	require.NoError(t, err)
	eachProxy(t, func(t *testing.T, p program, r *rig) {
		judged := 0
		var stricter, repaired []string
		for _, c := range set.Cases {
			if c.Layer != "" || c.Reason == "body_truncated" { // these have no answer to wait for
				continue
			}
			judged++
			verifier, err := vectorrun.NewVerifier(set.Verifier, c)
			require.NoError(t, err)
			f := gateway.NewForwardAuth(verifier, loopback, "", slog.New(slog.DiscardHandler))
			r.answer(http.HandlerFunc(func(w http.ResponseWriter, question *http.Request) {
				question.Header.Set("X-Forwarded-For", c.Remote)
				f.ServeHTTP(w, question)
			}))
			before := r.passed.Load()
			status := r.send(t, string(c.Raw))
			through := r.passed.Load() != before
			assert.Equal(t, through, status < 300, c.Name)
			switch {
			case through && !c.Accepted():
				repaired = append(repaired, c.Name)
			case !through && c.Accepted() && !needsBody(t, c):
				stricter = append(stricter, c.Name)
			}
		}
		assert.Greater(t, judged, 200)
		assert.Equal(t, stricterIn[p.name], stricter, "accepted by the library, refused through %s", p.name)
		assert.Equal(t, repairedIn[p.name], repaired, "refused by the library, let through by %s", p.name)
		t.Logf("%d judged", judged)
	})
}

// needsBody reports whether a case has a body and no content hash that says which: it cannot be
// verified without the body, and is refused.
func needsBody(t *testing.T, c *testvectors.Case) bool {
	t.Helper()
	req, err := c.Request()
	require.NoError(t, err)
	if strings.Contains(req.RequestURI, "-Content-Sha256=") || slices.ContainsFunc([]string{"X-Countersign-Content-Sha256", "X-Amz-Content-Sha256"},
		func(name string) bool { return req.Header[name] != nil }) {
		return false
	}
	body, _ := io.ReadAll(req.Body)
	return len(body) != 0
}

// A signed header in another form than the signature covers is refused by forward-auth itself: a
// proxy would pass it on as it came.
var anotherForm = []string{"accept/headers/quoted-spaces.txt", "accept/headers/repeated.txt", "accept/headers/spaces-collapsed.txt"}

// stricterIn lists what each proxy has narrower limits for, or adds headers of its own to.
var stricterIn = map[string][]string{
	testneed.Nginx: append(slices.Clone(anotherForm), "accept/limits/largest-headers.txt", "accept/limits/longest-target.txt"),
	testneed.Caddy: append(slices.Clone(anotherForm), "accept/limits/largest-headers.txt", "accept/limits/most-headers.txt"),
}

// takenOff are refused by the library for a trailer or a Connection header that neither proxy passes
// on, to the verifier or to the API.
var takenOff = []string{
	"refuse/body/trailer-undeclared.txt",
	"refuse/headers/connection-names-authorization.txt",
	"refuse/headers/connection-names-host.txt",
	"refuse/headers/connection-names-nonce.txt",
	"refuse/headers/connection-names-prefixed.txt",
	"refuse/headers/connection-names-signed.txt",
	"refuse/headers/connection-second-line.txt",
	"refuse/limits/too-many-connection-options.txt",
}

var repairedIn = map[string][]string{testneed.Nginx: takenOff, testneed.Caddy: takenOff}
