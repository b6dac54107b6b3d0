package config

import (
	"fmt"

	"github.com/countersign-dev/countersign/server"
)

// Routes are the paths that are served; where there are any, all others are refused.
type Routes []Route

// Route says what requests to some paths need, and what they may do.
type Route struct {
	Match   string   `yaml:"match"`
	Scopes  []string `yaml:"scopes"`
	Presign string   `yaml:"presign"`
	Body    string   `yaml:"body"`
}

func (r Routes) check() error {
	for i, route := range r {
		switch route.Presign {
		case "", "once", "reusable":
		default:
			return fmt.Errorf("routes[%d].presign is %q: set once or reusable", i, route.Presign)
		}
		switch route.Body {
		case "", "buffer", "stream":
		default:
			return fmt.Errorf("routes[%d].body is %q: set buffer or stream", i, route.Body)
		}
	}
	if err := server.CheckRoutes(r.Policy()); err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	return nil
}

// Streamed returns the routes, by their Match, whose bodies are passed on while they are checked.
func (r Routes) Streamed() map[string]bool {
	streamed := make(map[string]bool)
	for _, route := range r {
		if route.Body == "stream" {
			streamed[route.Match] = true
		}
	}
	return streamed
}

// Policy returns the routes as the verifier's policy has them.
func (r Routes) Policy() []server.Route {
	var routes []server.Route
	for _, route := range r {
		routes = append(routes, server.Route{
			Match: route.Match, Scopes: route.Scopes, ReusablePresigned: route.Presign == "reusable",
		})
	}
	return routes
}
