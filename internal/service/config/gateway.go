package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Upstream is where verified requests go. It is written as a URL, or as a mapping.
type Upstream struct {
	Address     string   `yaml:"address"`      // scheme and host
	Timeout     Duration `yaml:"timeout"`      // until its answer begins; 0 if left out
	MaxStreamed Bytes    `yaml:"max_streamed"` // of one body on a route with body: stream; 0 if left out
	Upgrades    bool     `yaml:"upgrades"`     // lets WebSockets and the like through

	URL *url.URL `yaml:"-"` // Address, once checked
}

// UnmarshalYAML reads either form.
func (u *Upstream) UnmarshalYAML(decode func(any) error) error {
	if err := decode(&u.Address); err == nil {
		return nil
	}
	type mapping Upstream
	return decode((*mapping)(u))
}

// ForwardAuth answers proxies that ask about each request.
type ForwardAuth struct {
	Path           string   `yaml:"path"`            // where they ask; /authz if neither is set
	Prefix         string   `yaml:"prefix"`          // before the path of a question in the request's own words
	TrustedProxies []string `yaml:"trusted_proxies"` // networks; none means that nobody is answered

	Networks []netip.Prefix `yaml:"-"` // TrustedProxies, once checked
}

func (c *Config) checkGateway() error {
	if c.Upstream != nil {
		if err := c.Upstream.check(); err != nil {
			return err
		}
	}
	if len(c.Routes.Streamed()) != 0 && c.Upstream == nil {
		return errors.New("routes: body: stream needs an upstream: set upstream: http://…, or leave it out")
	}
	if c.ForwardAuth != nil {
		return c.ForwardAuth.check()
	}
	return nil
}

// maxUpstreamTimeout leaves an answer time to be written: after five minutes the service cuts it off.
const maxUpstreamTimeout = 4 * time.Minute

func (u *Upstream) check() error {
	parsed, err := url.Parse(u.Address)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.User != nil ||
		parsed.Path != "" && parsed.Path != "/" || strings.ContainsAny(u.Address, "?#") {
		return errors.New("upstream must be scheme and host, such as http://127.0.0.1:9000: the path of a request is never changed")
	}
	u.URL = parsed
	if err := u.Timeout.check("upstream.timeout", time.Second, maxUpstreamTimeout); err != nil {
		return err
	}
	return u.MaxStreamed.check("upstream.max_streamed")
}

func (f *ForwardAuth) check() error {
	switch {
	case f.Path != "" && f.Prefix != "":
		return errors.New("forward_auth has path and prefix: set path, or prefix for a proxy that asks in the request's own words (Envoy), not both")
	case f.Path == "" && f.Prefix == "":
		f.Path = "/authz"
	}
	if where := f.Path + f.Prefix; where[0] != '/' || len(where) == 1 || strings.HasSuffix(where, "/") || strings.ContainsAny(where, "?#% ") {
		return fmt.Errorf("forward_auth: %q is no path to ask at: set path or prefix to one such as /authz, without a slash at its end", where)
	}
	f.Networks = nil
	for _, text := range f.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if err != nil || network != network.Masked() {
			return fmt.Errorf("forward_auth.trusted_proxies: %q is no network: write 127.0.0.1/32 or 10.0.0.0/8", text)
		}
		f.Networks = append(f.Networks, network)
	}
	return nil
}
