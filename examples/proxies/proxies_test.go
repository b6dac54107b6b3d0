package proxies

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

func TestProxyLetsASignedRequestThroughOnce(t *testing.T) {
	eachProxy(t, func(t *testing.T, _ program, r *rig) {
		for _, target := range []string{"/orders", "/a%2Bb/%61?c=%64&c=d+e&f", "/a?", "/a:b@c;d=e", "/%C3%A9"} {
			raw := signed(t, "PUT", target, "tea")
			before := r.touched.Load()
			require.Equal(t, http.StatusNoContent, r.send(t, raw), target)
			got, body := r.got()
			assert.Equal(t, target, got.RequestURI)
			assert.Equal(t, "api.example", got.Host)
			assert.Equal(t, "tea", body)
			assert.Equal(t, []string{"ck_live_proxies"}, got.Header["X-Countersign-Key-Id"])
			assert.Equal(t, []string{"-"}, got.Header["X-Countersign-Scopes"])
			assert.Equal(t, []string{"live"}, got.Header["X-Countersign-Environment"])
			assert.Len(t, got.Header["X-Countersign-Request-Id"], 1)
			assert.Equal(t, []string{got.Header.Get("X-Countersign-Content-Sha256")}, got.Header["X-Countersign-Body-Sha256"])
			assert.Equal(t, http.StatusUnauthorized, r.send(t, raw), "a replay")
			assert.Equal(t, before+1, r.touched.Load())
		}
	})
}

func TestProxyRefusesBeforeTheAPI(t *testing.T) {
	eachProxy(t, func(t *testing.T, _ program, r *rig) {
		edited := func(old, replacement string) string {
			return strings.Replace(signed(t, "GET", "/orders", ""), old, replacement, 1)
		}
		for name, raw := range map[string]string{
			"unsigned":             "GET /orders HTTP/1.1\r\nHost: api.example\r\n\r\n",
			"another target":       edited("/orders", "/refunds"),
			"another spelling":     edited("/orders", "/order%73"),
			"dot segments":         edited("/orders", "/a/../orders"),
			"a slash twice":        edited("/orders", "//orders"),
			"another query":        edited("/orders", "/orders?a"),
			"another method":       edited("GET", "DELETE"),
			"another host":         edited("api.example", "api.example:80"),
			"told of another":      strings.Replace(signed(t, "GET", "/refunds", "", "X-Forwarded-Uri: /refunds"), "GET /refunds", "GET /orders", 1),
			"told of another host": strings.Replace(signed(t, "GET", "/", "", "X-Forwarded-Host: api.example"), "Host: api.example", "Host: evil.example", 1),
			"told of another verb": strings.Replace(signed(t, "GET", "/", "", "X-Forwarded-Method: GET"), "GET", "DELETE", 1),
			"the verifier's path":  "GET /authz HTTP/1.1\r\nHost: api.example\r\n\r\n",
			"the question's path":  signed(t, "GET", "/countersign-question", "")[:4] + "/countersign-question HTTP/1.1\r\nHost: a\r\n\r\n",
		} {
			assert.GreaterOrEqual(t, r.send(t, raw), 400, name)
			assert.Zero(t, r.touched.Load(), name)
		}
	})
}

// TestProxyNeverPassesAClientsIdentityOn: neither where the client names one that was not signed, nor
// under another spelling, nor by having Connection take the proxy's off.
func TestProxyNeverPassesAClientsIdentityOn(t *testing.T) {
	names := []string{"X-Countersign-Key-Id", "X-Countersign-Scopes", "X-Countersign-Environment", "X-Countersign-Request-Id", "X-Countersign-Body-Sha256"}
	eachProxy(t, func(t *testing.T, _ program, r *rig) {
		for _, name := range names {
			for _, spelling := range []string{name, strings.ToLower(name), strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, "-", ".")} {
				r.send(t, signed(t, "GET", "/orders", "", spelling+": forged"))
				assert.Zero(t, r.touched.Load(), spelling)
			}
		}
		for _, name := range names {
			require.Equal(t, http.StatusNoContent, r.send(t, signed(t, "GET", "/orders", "", "Connection: "+name)))
			got, _ := r.got()
			for _, name := range names {
				assert.Len(t, got.Header[name], 1, name)
			}
		}
	})
}

// TestProxyPassesNoBodyThatWasNotSigned: BodyCheck sees to what the verifier is not shown.
func TestProxyPassesNoBodyThatWasNotSigned(t *testing.T) {
	eachProxy(t, func(t *testing.T, _ program, r *rig) {
		end := func(head, framing, body string) string {
			return strings.TrimSuffix(head, "\r\n") + framing + "\r\n\r\n" + body
		}
		bodyless := func() string { return signed(t, "POST", "/orders", "") }
		unhashed := func() string { // the same, of a signer that sends no hash of what is not there
			req, err := http.NewRequest("GET", "http://api.example/orders", nil)
			require.NoError(t, err)
			u, err := signer.Presign(req, 60e9)
			require.NoError(t, err)
			return "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: api.example\r\n\r\n"
		}
		for name, raw := range map[string]string{
			"a body, by length":            end(bodyless(), "Content-Length: 3", "tea"),
			"a body, in chunks":            end(bodyless(), "Transfer-Encoding: chunked", "3\r\ntea\r\n0\r\n\r\n"),
			"a body, presigned":            end(unhashed(), "Content-Length: 3", "tea"),
			"a body, presigned, in chunks": end(unhashed(), "Transfer-Encoding: chunked", "3\r\ntea\r\n0\r\n\r\n"),
			"another body":                 strings.Replace(signed(t, "POST", "/orders", "tea"), "\r\n\r\ntea", "\r\n\r\ntee", 1),
			"its hash sent by the client":  end(bodyless(), "X-Countersign-Body-Sha256: "+canonical.HashEmptyPayload+"\r\nContent-Length: 3", "tea"),
		} {
			assert.GreaterOrEqual(t, r.send(t, raw), 400, name)
			assert.Zero(t, r.passed.Load(), name)
		}
		assert.Equal(t, http.StatusNoContent, r.send(t, bodyless()))
		assert.Equal(t, http.StatusNoContent, r.send(t, unhashed()))
	})
}

// TestProxyLetsNothingThroughWithoutItsVerifier: one that hangs up, hangs, fails or answers nonsense.
func TestProxyLetsNothingThroughWithoutItsVerifier(t *testing.T) {
	eachProxy(t, func(t *testing.T, _ program, r *rig) {
		done := make(chan struct{})
		defer close(done)
		for name, verifier := range map[string]http.HandlerFunc{
			"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"hangs":    func(http.ResponseWriter, *http.Request) { <-done },
			"fails":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		} {
			r.answer(verifier)
			assert.GreaterOrEqual(t, r.send(t, signed(t, "GET", "/orders", "")), 500, name)
			assert.Zero(t, r.touched.Load(), name)
		}
		// An answer that names nobody, such as one of another program at the verifier's address.
		r.answer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
		assert.GreaterOrEqual(t, r.send(t, signed(t, "GET", "/orders", "")), 400)
		assert.Zero(t, r.passed.Load())
	})
}

func TestProxyLetsNothingThroughOnceItsVerifierIsGone(t *testing.T) {
	eachProxy(t, func(t *testing.T, _ program, r *rig) {
		require.Equal(t, http.StatusNoContent, r.send(t, signed(t, "GET", "/orders", "")))
		r.stop()
		for range 3 {
			assert.GreaterOrEqual(t, r.send(t, signed(t, "GET", "/orders", "")), 500)
		}
		assert.EqualValues(t, 1, r.touched.Load())
	})
}
