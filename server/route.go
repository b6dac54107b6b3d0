package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// Route says what requests to some paths need, and what they may do.
type Route struct {
	// Match is a pattern of net/http's ServeMux without a host: "GET /v1/orders/{id}", "/v1/". It is
	// matched against the decoded path, exactly: nothing is redirected. The most specific route wins.
	// A path that some server could read as another route's has none: see SPEC §4.2.
	Match string
	// Scopes are those that the key must have, all of them.
	Scopes []string
	// ReusablePresigned lets presigned URLs of this route be used again and again until they expire;
	// elsewhere each is accepted once. Match must name the method GET (which stands for HEAD too) or
	// HEAD.
	ReusablePresigned bool
}

// routes finds the route of a request. A nil one has no routes, and then every request is admitted.
type routes struct{ mux *http.ServeMux }

// routeHandler marks the handlers of the mux that are routes, not redirects or errors of its own.
// It is never called.
type routeHandler struct{ route Route }

// ServeHTTP is there for the mux alone.
func (routeHandler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusInternalServerError)
}

// CheckRoutes returns what is wrong with routes, as NewVerifier would.
func CheckRoutes(list []Route) error {
	_, err := newRoutes(list)
	return err
}

// newRoutes checks routes; nil if there are none.
func newRoutes(list []Route) (*routes, error) {
	if len(list) == 0 {
		return nil, nil
	}
	r := &routes{mux: http.NewServeMux()}
	for _, route := range list {
		if err := route.check(); err != nil {
			return nil, fmt.Errorf("%q: %w", route.Match, err)
		}
		if err := r.add(route); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r Route) check() error {
	method, path, found := strings.Cut(r.Match, " ")
	if !found {
		method, path = "", r.Match
	}
	switch {
	case !strings.HasPrefix(strings.TrimLeft(path, " \t"), "/"):
		return errors.New("write a method and a path, or a path alone, such as GET /v1/orders/{id}")
	case strings.ContainsAny(path, `;\`):
		return errors.New(`a path with ; or \ is not the same to all servers: leave it out, or write a wildcard such as {id} in its place`)
	case r.ReusablePresigned && method != http.MethodGet && method != http.MethodHead:
		return errors.New("presigned URLs can be made reusable for GET and HEAD alone: write GET " + path)
	}
	for _, scope := range r.Scopes {
		if scope == "" {
			return errors.New("a scope is empty: name one, such as orders:read, or leave it out")
		}
	}
	return nil
}

// registeredAt is where the mux says that this package registered a pattern: it helps no operator.
var registeredAt = regexp.MustCompile(` \(registered at [^)]*\)`)

// add registers a route; the mux panics at patterns that it cannot read or that conflict.
func (r *routes) add(route Route) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			text, _, _ := strings.Cut(registeredAt.ReplaceAllString(fmt.Sprint(problem), ""), "\n")
			err = errors.New(strings.TrimSuffix(text, ":"))
		}
	}()
	r.mux.Handle(route.Match, routeHandler{route})
	return nil
}

// find returns the route of a request whose path, as sent, has passed the rules of SPEC §4.2; ok is
// false where none matches, or not the same in every reading of the path.
func (r *routes) find(method, path string) (route Route, ok bool) {
	if r == nil {
		return Route{}, true
	}
	for i, segments := range readings(path) {
		found, matched := r.match(method, segments)
		if !matched || i > 0 && found.Match != route.Match {
			return Route{}, false
		}
		route, ok = found, true
	}
	return route, ok
}

// match returns the route of a path in decoded segments.
func (r *routes) match(method string, segments []string) (route Route, ok bool) {
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		escaped[i] = url.PathEscape(segment)
	}
	target := &url.URL{Path: strings.Join(segments, "/"), RawPath: strings.Join(escaped, "/")}
	handler, _ := r.mux.Handler(&http.Request{Method: method, URL: target})
	found, ok := handler.(routeHandler)
	return found.route, ok
}

// Route returns the route of a request that a server received, verified or not; ok is false where
// policy has routes and none matches, and where it has none.
func (v *Verifier) Route(req *http.Request) (route Route, ok bool) {
	if v.routes == nil {
		return Route{}, false
	}
	path, _, _ := strings.Cut(req.RequestURI, "?")
	return v.routes.find(req.Method, path)
}

// findRoute looks up what policy says of the request's path. Refusing comes later: to those alone
// who have proved a key.
func (s *verification) findRoute(context.Context) *Rejection {
	s.route, s.routed = s.v.routes.find(s.req.Method, s.request.Path())
	return nil
}

// reusable reports whether the request may be accepted again and again: nothing of it is claimed.
// SPEC §5.2.
func (s *verification) reusable() bool {
	return s.routed && s.route.ReusablePresigned && s.request.Mode == canonical.PresignedMode &&
		(s.req.Method == http.MethodGet || s.req.Method == http.MethodHead)
}

// checkRoute is the routes' part of step 8.
func (s *verification) checkRoute() *Rejection {
	if !s.routed {
		return reject(canonical.NoRoute, "no route of the policy matches the path")
	}
	for _, scope := range s.route.Scopes {
		if !s.key.hasScope(scope) {
			return reject(canonical.InsufficientScope, "the key lacks the scope "+scope)
		}
	}
	return nil
}
