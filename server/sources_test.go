package server_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

func TestSources(t *testing.T) {
	networks := []netip.Prefix{
		netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("fe80::/10"),
	}
	for remote, allowed := range map[string]bool{
		"10.1.2.3:4711":             true,
		"10.1.2.3":                  true,
		"10.2.2.3:4711":             false,
		"[2001:db8::7]:4711":        true,
		"[2001:db9::7]:4711":        false,
		"[::ffff:10.1.2.3]:4711":    true,
		"[::ffff:10.2.2.3]:4711":    false,
		"[fe80::1%eth0]:4711":       true,
		"@":                         false, // a unix socket
		"":                          false,
		"10.1.2.3, 192.0.2.1":       false,
		"10.1.2.3.example.com:4711": false,
	} {
		u := newSetup(t, func(u *setup) { u.key.Sources = networks })
		req := newSigning().request(t)
		req.RemoteAddr = remote
		req.Header.Set("X-Forwarded-For", "10.1.2.3")
		if allowed {
			u.requireAccepted(t, req)
		} else {
			u.requireRefused(t, req, canonical.SourceNotAllowed)
		}
	}
	// Without networks any peer may come, whatever its address looks like.
	u := newSetup(t)
	req := newSigning().request(t)
	req.RemoteAddr = "@"
	u.requireAccepted(t, req)
	require.Empty(t, u.decision(t).Reason)
}
