package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

func TestRouteIsMatchedOnTheDecodedPath(t *testing.T) {
	routes := []server.Route{
		{Match: "GET /v1/orders/{id}", Scopes: []string{"orders:read"}},
		{Match: "GET /v1/orders/export", Scopes: []string{"orders:export"}},
		{Match: "/files/"},
		{Match: "POST /v1/orders/{$}"},
	}
	for _, c := range []struct {
		method, target string
		slashes        bool // %2F is admitted
		reason         canonical.Reason
	}{
		{method: "GET", target: "/v1/orders/7"},
		{method: "HEAD", target: "/v1/orders/7"},
		{method: "GET", target: "/v1/orders/7?x=/v1"},
		{method: "GET", target: "/v1/order%73/7"},
		{method: "GET", target: "/v1/orders/a%25b"},
		{method: "GET", target: "/v1/orders/export", reason: canonical.InsufficientScope},
		{method: "GET", target: "/v1/orders/%65xport", reason: canonical.InsufficientScope},
		{method: "GET", target: "/v1/orders%2Fexport", slashes: true, reason: canonical.NoRoute},
		{method: "GET", target: "/v1%2Forders%2F7", slashes: true, reason: canonical.NoRoute},
		{method: "GET", target: "/files/a%2Fb", slashes: true},
		{method: "GET", target: "/files%2F%2Fa", slashes: true, reason: canonical.BadPath},
		{method: "GET", target: "/v1/orders/", reason: canonical.NoRoute},
		{method: "POST", target: "/v1/orders/"},
		{method: "GET", target: "/v1/orders", reason: canonical.NoRoute},
		{method: "POST", target: "/v1/orders/7", reason: canonical.NoRoute},
		{method: "get", target: "/v1/orders/7", reason: canonical.NoRoute},
		{method: "GET", target: "/v1/orders/7/items", reason: canonical.NoRoute},
		{method: "GET", target: "/V1/orders/7", reason: canonical.NoRoute},
		{method: "DELETE", target: "/files/a/b"},
		{method: "GET", target: "/files", reason: canonical.NoRoute}, // a mux would redirect
		{method: "GET", target: "/", reason: canonical.NoRoute},
	} {
		t.Run(fmt.Sprint(c.method, " ", c.target), func(t *testing.T) {
			u := newSetup(t, withRoutes(routes...), func(u *setup) { u.policy.EncodedSlash = c.slashes })
			s := newSigning()
			s.method, s.target = c.method, c.target
			if c.reason != "" {
				u.requireRefused(t, s.request(t), c.reason)
				return
			}
			u.requireAccepted(t, s.request(t))
		})
	}
}

// TestRouteIsTheSameForEveryServerBehind: one that drops path parameters, takes "\\" for "/", or splits a
// path before it decodes it, must not reach what another route guards.
func TestRouteIsTheSameForEveryServerBehind(t *testing.T) {
	routes := []server.Route{
		{Match: "/v1/"},
		{Match: "/v1/admin", Scopes: []string{"admin"}},
		{Match: "/v1/admin/", Scopes: []string{"admin"}},
		{Match: "/items/{id}"},
		{Match: "/public/"},
		{Match: "/{tenant}", Scopes: []string{"admin"}},
	}
	for target, reason := range map[string]canonical.Reason{
		"/v1/admin":           canonical.InsufficientScope,
		"/v1/admin/":          canonical.InsufficientScope,
		"/v1/admin;x=1":       canonical.NoRoute,
		"/v1/admin%3Bx=1":     canonical.NoRoute,
		"/v1/admin;/users":    canonical.NoRoute,
		"/v1/admin%5Cusers":   canonical.NoRoute,
		"/v1/admin;a%5Cusers": canonical.NoRoute,
		"/items;x/7":          canonical.NoRoute,
		"/public%2Fa":         canonical.NoRoute, // of /{tenant}, where it is not split
		"/public%2fa%3Bx":     canonical.NoRoute,
		"/public%2Fa%22":      canonical.NoRoute,
		"/public/a%2Fb":       "",
		"/v1/admin%2Fusers":   canonical.NoRoute,
		"/items/7%5C8":        canonical.NoRoute,
		"/items/7;x":          "",
		"/v1/report;x=1/a;b":  "",
		"/v1/a%5Cb":           "",
	} {
		t.Run(target, func(t *testing.T) {
			u := newSetup(t, withRoutes(routes...), func(u *setup) { u.policy.EncodedSlash = true })
			s := newSigning()
			s.method, s.target = http.MethodGet, target
			if reason != "" {
				u.requireRefused(t, s.request(t), reason)
				return
			}
			u.requireAccepted(t, s.request(t))
		})
	}
}

// TestRouteTellsWhatWillBeMatched: also of requests that nobody has verified, whatever they ask for.
func TestRouteTellsWhatWillBeMatched(t *testing.T) {
	u := newSetup(t, withRoutes(server.Route{Match: "POST /files/{id}"}, server.Route{Match: "/v1/"}))
	for target, match := range map[string]string{
		"/files/7": "POST /files/{id}", "/files/7?x=/v1/": "POST /files/{id}", "/file%73/7": "POST /files/{id}", "/v1/a": "/v1/",
		"/files": "", "/files/%zz": "", "*": "", "http://x/v1/a": "", "": "",
	} {
		route, ok := u.Route(&http.Request{Method: http.MethodPost, RequestURI: target})
		require.Equal(t, match, route.Match, target)
		require.Equal(t, match != "", ok, target)
	}
	_, ok := newSetup(t).Route(&http.Request{Method: http.MethodPost, RequestURI: "/files/7"})
	require.False(t, ok, "no routes, none found")
}

// TestRoutesAreSecretUntilTheKeyIsProved: which paths exist is not for strangers.
func TestRoutesAreSecretUntilTheKeyIsProved(t *testing.T) {
	u := newSetup(t, withRoutes(server.Route{Match: "GET /v1/invoices"}))
	s := newSigning()
	s.secret += "x"
	u.requireRefused(t, s.request(t), canonical.SignatureMismatch)
}

func reports(u *setup) {
	u.policy.Routes = []server.Route{{Match: "GET /v1/reports/{id}", ReusablePresigned: true}, {Match: "/"}}
}

func newReport() signing {
	s := newSigning()
	s.target, s.expires = "/v1/reports/7", 600
	return s
}

func TestReusablePresignedIsAcceptedUntilItExpires(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		for _, aws := range []bool{false, true} {
			u := newSetup(t, reports)
			s := newReport()
			s.method, s.aws = method, aws
			for range 3 {
				u.requireAccepted(t, s.request(t))
				require.True(t, identity(t, u).Reusable)
			}
			require.Zero(t, u.store.claims.Load(), "a nonce was claimed")
			u.clock.Advance(600 * time.Second)
			u.requireAccepted(t, s.request(t))
			u.clock.Advance(time.Second)
			u.requireRefused(t, s.request(t), canonical.PresignExpired)
		}
	}
}

// TestReusableNeedsNoStore: what claims nothing is no store's to refuse.
func TestReusableNeedsNoStore(t *testing.T) {
	u := newSetup(t, reports, func(u *setup) {
		u.store.err, u.store.peekErr = errors.New("i/o error"), errors.New("i/o error")
	})
	u.requireAccepted(t, newReport().request(t))
}

func TestOnlyPresignedReadsOfTheRouteAreReusable(t *testing.T) {
	for name, change := range map[string]func(*signing){
		"header mode":    func(s *signing) { s.expires = 0 },
		"POST":           func(s *signing) { s.method = "POST" },
		"lower case":     func(s *signing) { s.method = "get" },
		"another path":   func(s *signing) { s.target = "/v1/reports" },
		"longer path":    func(s *signing) { s.target = "/v1/reports/7/" },
		"signature only": func(s *signing) { s.target, s.aws, s.nonce = "/v1/other", true, "" },
	} {
		t.Run(name, func(t *testing.T) {
			u := newSetup(t, reports, signatureNonce)
			s := newReport()
			change(&s)
			u.requireAccepted(t, s.request(t))
			require.False(t, identity(t, u).Reusable)
			u.requireReplayed(t, s.request(t))
		})
	}
}

// TestPresignedIsSingleUseForItsWholeLife: 900 s, used at 10 s and again at 400 s.
func TestPresignedIsSingleUseForItsWholeLife(t *testing.T) {
	u := newSetup(t)
	s := newSigning()
	s.expires = 900
	u.clock.Advance(10 * time.Second)
	u.requireAccepted(t, s.request(t))
	for _, later := range []time.Duration{390 * time.Second, 499 * time.Second, time.Second} {
		u.clock.Advance(later) // 400 s, 899 s, 900 s
		u.requireReplayed(t, s.request(t))
	}
	u.clock.Advance(time.Second)
	u.requireRefused(t, s.request(t), canonical.PresignExpired)
}

func TestPolicyRefusesBadRoutes(t *testing.T) {
	orders := server.Route{Match: "GET /v1/orders/{id}"}
	for _, c := range []struct {
		route server.Route
		says  string
	}{
		{server.Route{}, "write a method and a path"},
		{server.Route{Match: "v1/orders"}, "write a method and a path"},
		{server.Route{Match: "GET v1/orders"}, "write a method and a path"},
		{server.Route{Match: "api.example/v1"}, "write a method and a path"},
		{server.Route{Match: "GET api.example/v1"}, "write a method and a path"},
		{server.Route{Match: "G ET /v1"}, "write a method and a path"},
		{server.Route{Match: "GET /v1/a;b"}, "leave it out"},
		{server.Route{Match: `/v1/a\b`}, "leave it out"},
		{server.Route{Match: "GET /v1/{"}, `parsing "GET /v1/{"`},
		{server.Route{Match: "GET /v1/{id}/{id}"}, `parsing "GET /v1/{id}/{id}"`},
		{server.Route{Match: "/v1/downloads", ReusablePresigned: true}, "GET /v1/downloads"},
		{server.Route{Match: "POST /v1/downloads", ReusablePresigned: true}, "GET /v1/downloads"},
		{server.Route{Match: "GET /v1/invoices", Scopes: []string{""}}, "scope"},
		{server.Route{Match: "GET /v1/{kind}/other"}, `pattern "GET /v1/{kind}/other" conflicts with pattern "GET /v1/orders/{id}"`},
		{orders, "conflicts"},
	} {
		policy := server.Policy{Region: "live", Service: "orders", Routes: []server.Route{orders, c.route}}
		_, err := server.NewVerifier(server.NewStaticKeys(), newSetup(t).store, policy)
		require.ErrorContains(t, err, c.says, "%q", c.route.Match)
		require.NotContains(t, err.Error(), "\n", "%q", c.route.Match)
		require.NotContains(t, err.Error(), ".go", "%q", c.route.Match)
		require.Equal(t, err, policy.Check())
	}
}

// identity returns that of the request which reached the application last.
func identity(t *testing.T, u *setup) *server.Identity {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	id, ok := server.IdentityFrom(u.seen.Context())
	require.True(t, ok)
	return id
}
