package config

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const gatewaySample = `version: 1
listen: 0.0.0.0:8443
region: live
service: orders
keys: {file: keys.yaml}
store: {badger: {path: ./claims}}
routes:
  - {match: "POST /v1/files/{id}", body: stream}
  - {match: "/v1/", body: buffer}
upstream:
  address: http://127.0.0.1:9000
  timeout: 30s
  max_streamed: 2GiB
  upgrades: true
forward_auth:
  path: /authz
  trusted_proxies: [127.0.0.1/32, "fd00::/8"]
`

func TestParseReadsWhatStandsBehindTheVerifier(t *testing.T) {
	c, err := Parse([]byte(gatewaySample))
	require.NoError(t, err)
	assert.Equal(t, &Upstream{
		Address: "http://127.0.0.1:9000", Timeout: Duration{"30s", 30 * time.Second}, MaxStreamed: Bytes{"2GiB", 2 << 30}, Upgrades: true,
		URL: &url.URL{Scheme: "http", Host: "127.0.0.1:9000"},
	}, c.Upstream)
	assert.Equal(t, &ForwardAuth{
		Path: "/authz", TrustedProxies: []string{"127.0.0.1/32", "fd00::/8"},
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fd00::/8")},
	}, c.ForwardAuth)
	assert.Equal(t, map[string]bool{"POST /v1/files/{id}": true}, c.Routes.Streamed())
}

func TestParseReadsTheShortForms(t *testing.T) {
	head, _, _ := strings.Cut(gatewaySample, "upstream:")
	c, err := Parse([]byte(head + "upstream: https://api.internal/\nforward_auth: {}\n"))
	require.NoError(t, err)
	assert.Equal(t, "api.internal", c.Upstream.URL.Host)
	assert.Zero(t, c.Upstream.Timeout.D)
	assert.Equal(t, "/authz", c.ForwardAuth.Path)
	assert.Empty(t, c.ForwardAuth.Networks)

	c, err = Parse([]byte(head + "upstream: https://api.internal\nforward_auth: {prefix: /envoy}\n"))
	require.NoError(t, err)
	assert.Equal(t, "/envoy", c.ForwardAuth.Prefix)
	assert.Empty(t, c.ForwardAuth.Path)
}

func TestParseNamesTheFaultBehindTheVerifier(t *testing.T) {
	for _, test := range []struct{ old, replacement, says, fix string }{
		{"http://127.0.0.1:9000", "127.0.0.1:9000", "upstream", "such as http://127.0.0.1:9000"},
		{"http://127.0.0.1:9000", "http://:9000", "upstream", "scheme and host"},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9000/api", "upstream", "path of a request is never changed"},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9000?", "upstream", "scheme and host"},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9000#a", "upstream", "scheme and host"},
		{"http://127.0.0.1:9000", "http://me:word@127.0.0.1:9000", "upstream", "scheme and host"},
		{"http://127.0.0.1:9000", "unix:///run/api.sock", "upstream", "scheme and host"},
		{"  address: http://127.0.0.1:9000\n", "", "upstream", "scheme and host"},
		{"address:", "adress:", "line 11", "adress"},
		{"timeout: 30s", "timeout: 30", "upstream.timeout", "at most 4m0s"},
		{"timeout: 30s", "timeout: 5m", "upstream.timeout", "at most 4m0s"},
		{"timeout: 30s", "timeout: 1ms", "upstream.timeout", "at least 1s"},
		{"2GiB", "lots", "upstream.max_streamed", "1MiB"},
		{"upgrades: true", "upgrades: often", "line 14", "bool"},
		{"body: buffer", "body: pour", "routes[1].body", "buffer or stream"},
		{"path: /authz", "path: authz", "forward_auth", "such as /authz"},
		{"path: /authz", "path: /authz/", "forward_auth", "such as /authz"},
		{"path: /authz", "path: /", "forward_auth", "such as /authz"},
		{"path: /authz", "path: /a%62", "forward_auth", "such as /authz"},
		{"path: /authz", "path: /authz\n  prefix: /envoy", "forward_auth", "not both"},
		{"127.0.0.1/32", "127.0.0.1", "forward_auth.trusted_proxies", "127.0.0.1/32"},
		{"127.0.0.1/32", "10.1.2.3/8", "forward_auth.trusted_proxies", "10.0.0.0/8"},
		{"trusted_proxies:", "trusted_proxys:", "line 17", "trusted_proxys"},
	} {
		require.Contains(t, gatewaySample, test.old)
		c, err := Parse([]byte(strings.Replace(gatewaySample, test.old, test.replacement, 1)))
		assert.Nil(t, c, test.replacement)
		assert.ErrorContains(t, err, test.says, "%s", test.replacement)
		assert.ErrorContains(t, err, test.fix, "%s", test.replacement)
	}
	head, _, _ := strings.Cut(gatewaySample, "upstream:")
	_, err := Parse([]byte(head))
	assert.ErrorContains(t, err, "set upstream")
}
