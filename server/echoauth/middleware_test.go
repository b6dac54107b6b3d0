package echoauth_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/echoauth"
)

const (
	keyID  = "ck_live_0123456789abcdef"
	secret = "the-secret-of-the-tests-which-is-long-enough"
)

// newVerifier returns a verifier with one key, and the reasons of its decisions.
func newVerifier(t testing.TB, sources ...netip.Prefix) (v *server.Verifier, reasons *[]canonical.Reason) {
	t.Helper()
	store, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New})
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	reasons = new([]canonical.Reason)
	v, err = server.NewVerifier(server.NewStaticKeys(&server.Key{
		ID: keyID, Environment: "live", Scopes: []string{"orders:read"}, Sources: sources,
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(secret)}},
	}), store, server.Policy{
		Region: "live", Service: "orders",
		Observe: func(_ context.Context, d server.Decision) { *reasons = append(*reasons, d.Reason) },
	})
	require.NoError(t, err)
	return v, reasons
}

// signed returns a signed request as a server receives it, from 192.0.2.7.
func signed(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	outgoing, err := http.NewRequest(method, "http://api.example"+target, strings.NewReader(body))
	require.NoError(t, err)
	signer := client.NewSigner(client.Static(keyID, secret), client.Target{Region: "live", Service: "orders"})
	require.NoError(t, signer.Sign(outgoing))
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	req.Host, req.Header, req.RemoteAddr = "api.example", outgoing.Header, "192.0.2.7:4711"
	return req
}

func answer(handler http.Handler, req *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	return recorder
}

func TestMiddlewareLetsVerifiedRequestsThrough(t *testing.T) {
	v, _ := newVerifier(t)
	e := echo.New()
	e.Pre(echoauth.Middleware(v))
	e.POST("/v1/orders/:id", func(c echo.Context) error {
		id, ok := echoauth.Identity(c)
		require.True(t, ok)
		require.Equal(t, keyID, id.KeyID)
		require.Equal(t, id.RequestID, c.Response().Header().Get(echo.HeaderXRequestID))
		body, err := io.ReadAll(c.Request().Body)
		require.NoError(t, err)
		return c.String(200, c.Param("id")+" "+string(body))
	})
	req := signed(t, "POST", "/v1/orders/7?dry=1", "hello")
	first := answer(e, req)
	require.Equal(t, 200, first.Code, first.Body)
	require.Equal(t, "7 hello", first.Body.String())
	require.Equal(t, 401, answer(e, req).Code, "again")
}

// rewrite is what Echo's own rewriting middleware does to a path.
func rewrite(from, to string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if url := c.Request().URL; url.Path == from {
				url.Path = to
			}
			return next(c)
		}
	}
}

// Pre runs before routing: what has no route is verified, too, and says nothing to strangers.
func TestMiddlewareRunsBeforeRouting(t *testing.T) {
	v, reasons := newVerifier(t)
	e := echo.New()
	e.Pre(echoauth.Middleware(v), rewrite("/v1/orders/", "/v1/orders"))
	called := false
	e.GET("/v1/orders", func(c echo.Context) error { called = true; return c.NoContent(204) })
	for _, target := range []string{"/v1/orders", "/nowhere"} {
		unsigned := httptest.NewRequest("GET", target, nil)
		require.Equal(t, 401, answer(e, unsigned).Code)
		require.Equal(t, canonical.MissingSignature, (*reasons)[len(*reasons)-1])
	}
	require.False(t, called)
	require.Equal(t, 404, answer(e, signed(t, "GET", "/nowhere", "")).Code)
	require.Equal(t, 204, answer(e, signed(t, "GET", "/v1/orders/", "")).Code, "rewritten behind the verifier")
	require.True(t, called)
}

// A request that was rewritten before is verified as it came: the target on the wire counts.
func TestRewritingBeforeTheMiddlewareForgesNothing(t *testing.T) {
	v, _ := newVerifier(t)
	e := echo.New()
	e.Pre(rewrite("/public/orders", "/v1/orders"), echoauth.Middleware(v))
	e.GET("/v1/orders", func(c echo.Context) error { return c.NoContent(204) })
	req := signed(t, "GET", "/v1/orders", "")
	req.RequestURI = "/public/orders"
	req.URL.Path = "/public/orders"
	require.Equal(t, 401, answer(e, req).Code)
}

func TestRequireScope(t *testing.T) {
	v, _ := newVerifier(t)
	e := echo.New()
	e.Pre(echoauth.Middleware(v))
	ok := func(c echo.Context) error { return c.NoContent(204) }
	e.GET("/read", ok, echoauth.RequireScope("orders:read"))
	e.GET("/write", ok, echoauth.RequireScope("orders:write"))
	require.Equal(t, 204, answer(e, signed(t, "GET", "/read", "")).Code)
	refused := answer(e, signed(t, "GET", "/write", ""))
	require.Equal(t, 403, refused.Code)
	require.Equal(t, "application/problem+json", refused.Header().Get("Content-Type"))
	require.Contains(t, refused.Body.String(), `"code":"insufficient_scope"`)
	require.Contains(t, refused.Body.String(), refused.Header().Get("X-Request-Id"))
}

func TestRequireScopeRefusesWhereThereIsNoIdentity(t *testing.T) {
	e := echo.New() // nobody registered the verifier
	e.GET("/read", func(echo.Context) error { t.Error("called"); return nil }, echoauth.RequireScope("orders:read"))
	e.GET("/any", func(echo.Context) error { t.Error("called"); return nil }, echoauth.RequireScope(""))
	require.Equal(t, 403, answer(e, signed(t, "GET", "/read", "")).Code)
	require.Equal(t, 403, answer(e, signed(t, "GET", "/any", "")).Code)
}

// Headers that speak of a client's address are anybody's word, whatever Echo is told to make of them.
func TestRealIPIsNotTrusted(t *testing.T) {
	v, reasons := newVerifier(t, netip.MustParsePrefix("10.0.0.0/8"))
	e := echo.New()
	e.Pre(echoauth.Middleware(v))
	e.GET("/", func(c echo.Context) error { return c.NoContent(204) })
	for _, header := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip"} {
		for _, extract := range []echo.IPExtractor{nil, echo.ExtractIPFromXFFHeader(), echo.ExtractIPFromRealIPHeader()} {
			e.IPExtractor = extract
			req := signed(t, "GET", "/", "")
			req.Header.Set(header, "10.0.0.1")
			require.Equal(t, 403, answer(e, req).Code)
			require.Equal(t, canonical.SourceNotAllowed, (*reasons)[len(*reasons)-1])
		}
	}
	req := signed(t, "GET", "/", "")
	req.RemoteAddr = "10.0.0.1:4711"
	req.Header.Set("X-Forwarded-For", "192.0.2.7")
	require.Equal(t, 204, answer(e, req).Code)
}

// An answer is the same bytes as that of net/http's middleware, the request id aside.
func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	v, _ := newVerifier(t, netip.MustParsePrefix("192.0.2.0/24"))
	e := echo.New()
	e.Pre(echoauth.Middleware(v))
	e.Any("/*", func(c echo.Context) error { return c.NoContent(204) })
	plain := v.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	for name, change := range map[string]func(*http.Request){
		"accepted":     func(*http.Request) {},
		"not signed":   func(req *http.Request) { req.Header.Del("Authorization") },
		"forged":       func(req *http.Request) { req.Method = "DELETE" },
		"malformed":    func(req *http.Request) { req.RequestURI = "//" },
		"another body": func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader("other")) },
		"too long":     func(req *http.Request) { req.ContentLength = 2 << 20 },
		"elsewhere":    func(req *http.Request) { req.RemoteAddr = "198.51.100.1:1" },
		"HEAD, forged": func(req *http.Request) { req.Method = "HEAD" },
	} {
		var texts []string
		for _, handler := range []http.Handler{e, plain} {
			req := signed(t, "POST", "/v1/orders", "hello")
			change(req)
			recorder := answer(handler, req)
			var text strings.Builder
			require.NoError(t, recorder.Result().Header.Write(&text))
			id := regexp.MustCompile(`[0-9a-f-]{36}`)
			texts = append(texts, http.StatusText(recorder.Code)+id.ReplaceAllString(text.String()+recorder.Body.String(), "ID"))
		}
		require.Equal(t, texts[1], texts[0], name)
	}
}

// Echo's own middleware sees the answer's status: nothing is written behind its back.
func TestAnswersGoThroughEchosResponse(t *testing.T) {
	v, _ := newVerifier(t)
	e := echo.New()
	status := 0
	e.Pre(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			status = c.Response().Status
			require.True(t, c.Response().Committed)
			return err
		}
	}, echoauth.Middleware(v))
	require.Equal(t, 401, answer(e, httptest.NewRequest("GET", "/", nil)).Code)
	require.Equal(t, 401, status)
}

func TestBodyCheckComparesTheBody(t *testing.T) {
	e := echo.New()
	e.Use(echoauth.BodyCheck(10))
	reached := 0
	e.POST("/", func(c echo.Context) error {
		reached++
		body, err := io.ReadAll(c.Request().Body)
		require.NoError(t, err)
		return c.String(200, string(body))
	})
	post := func(body, hash string) *httptest.ResponseRecorder {
		req := httptest.NewRequest("POST", "/", strings.NewReader(body))
		if hash != "" {
			req.Header.Set(server.BodySHA256Header, hash)
		}
		return answer(e, req)
	}
	const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	require.Equal(t, "hello", post("hello", hello).Body.String())
	require.Equal(t, 401, post("hellO", hello).Code)
	require.Equal(t, 400, post("hello", "").Code)
	require.Equal(t, 413, post("hello, world", hello).Code)
	require.Equal(t, 1, reached)
}
