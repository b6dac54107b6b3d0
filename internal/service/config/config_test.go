package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
)

const sample = `version: 1
listen: 0.0.0.0:8443
admin: 127.0.0.1:9443
tls: {certificate: tls.crt, key: /etc/tls.key}
region: live
service: orders
keys: {file: keys.yaml}
store: {badger: {path: ./claims, durability: fsync, initial: new, capacity: 1000, min_free: 1GiB}}
policy: {max_body: 64KiB, require_signed: [idempotency-key]}
routes:
  - {match: "GET /v1/reports/{id}", scopes: ["reports:read"], presign: reusable}
  - {match: "/v1/"}
`

func TestParseReadsEveryField(t *testing.T) {
	c, err := Parse([]byte(sample))
	require.NoError(t, err)
	c.resolve("/srv")
	assert.Equal(t, &Config{
		Version: 1, Listen: "0.0.0.0:8443", Admin: "127.0.0.1:9443",
		TLS:    &TLS{Certificate: "/srv/tls.crt", Key: "/etc/tls.key"},
		Region: "live", Service: "orders", Keys: Keys{File: "/srv/keys.yaml"},
		Store: Store{Badger: &Badger{
			Path: "/srv/claims", Durability: "fsync", Initial: "new", Capacity: 1000, MinFree: Bytes{"1GiB", 1 << 30},
		}},
		Policy: Policy{MaxBody: Bytes{"64KiB", 64 << 10}, RequireSigned: []string{"idempotency-key"}},
		Routes: Routes{{Match: "GET /v1/reports/{id}", Scopes: []string{"reports:read"}, Presign: "reusable"}, {Match: "/v1/"}},
	}, c)
	assert.Equal(t, []server.Route{{Match: "GET /v1/reports/{id}", Scopes: []string{"reports:read"}, ReusablePresigned: true}, {Match: "/v1/"}}, c.Routes.Policy())
}

// TestParseNamesTheFault: the other faults are told apart by the tests of the command.
func TestParseNamesTheFault(t *testing.T) {
	for old, says := range map[string]string{
		"listen: 0.0.0.0:8443":    "listen",
		"key: /etc/tls.key":       "tls",
		"capacity: 1000":          "capacity",
		"min_free: 1GiB":          "min_free",
		"initial: new":            "initial",
		"keys: {file: keys.yaml}": "keys",
		`match: "/v1/"`:           "routes: ",
		"presign: reusable":       "routes[0].presign",
		`"reports:read"`:          "line 11: text is wanted here, and this reads as a mapping: put text that holds a colon in quotes",
	} {
		name, _, _ := strings.Cut(old, ":")
		replacement := map[string]string{"capacity": "capacity: -1", "min_free": "min_free: -5", "initial": "initial: old", "key": "key: ''", "keys": "keys: {}", "match": `match: "v1/"`, "presign": "presign: always", `"reports`: "reports:read"}[name]
		c, err := Parse([]byte(strings.Replace(sample, old, replacement, 1)))
		assert.Nil(t, c)
		assert.ErrorContains(t, err, says, "%s", old)
	}
	for _, text := range []string{"", "---\n---\n", sample + "---\nversion: 1\n", sample + "version: 1\n", "[]", "version: &a 1\nlisten: *b\n"} {
		c, err := Parse([]byte(text))
		assert.Nil(t, c, "%s", text)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "\n", "errors are one line")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add(withVault(vaultSample))
	f.Add("version: 1\nlisten: {")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text))
		if (c == nil) == (err == nil) {
			t.Fatal("a configuration and an error, or neither")
		}
		if c != nil && (c.Region == "" || c.Service == "" || (c.Keys.File == "") == (c.Keys.Vault == nil) || c.Store.Badger == nil) {
			t.Fatal("accepted without a required field")
		}
	})
}
