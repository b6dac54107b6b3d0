package main

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/countersign-dev/countersign/internal/service/config"
	"github.com/countersign-dev/countersign/internal/service/gateway"
)

// gateway is what clients and proxies reach: the answers to questions of forward-auth, at their path
// alone, and elsewhere the upstream, or /whoami where there is none.
func (p *parts) gateway(c *config.Config, logger *slog.Logger) http.Handler {
	behind := p.public()
	if c.Upstream != nil {
		streamed := c.Routes.Streamed()
		behind = gateway.NewProxy(gateway.ProxyOptions{
			Verifier: p.verifier, Upstream: c.Upstream.URL, Timeout: c.Upstream.Timeout.D,
			MaxStreamed: c.Upstream.MaxStreamed.N, Upgrades: c.Upstream.Upgrades, Logger: logger,
			Stream: func(req *http.Request) bool {
				route, ok := p.verifier.Route(req)
				return ok && streamed[route.Match]
			},
		})
	}
	if c.ForwardAuth == nil {
		return behind
	}
	if len(c.ForwardAuth.Networks) == 0 {
		logger.Warn("forward_auth answers nobody: set forward_auth.trusted_proxies to the networks of your proxies, such as 127.0.0.1/32")
	}
	questions := gateway.NewForwardAuth(p.verifier, c.ForwardAuth.Networks, c.ForwardAuth.Prefix, logger)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if asksForward(c.ForwardAuth, req.RequestURI) {
			questions.ServeHTTP(w, req)
			return
		}
		behind.ServeHTTP(w, req)
	})
}

// asksForward looks at the target as it was sent: what is spelled otherwise is no question.
func asksForward(f *config.ForwardAuth, target string) bool {
	if f.Prefix != "" {
		return strings.HasPrefix(target, f.Prefix+"/")
	}
	path, _, _ := strings.Cut(target, "?")
	return path == f.Path
}
