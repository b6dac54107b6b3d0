package filekeys

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// testNow is when these tests run.
var testNow = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// testSecret returns the n-th secret of an environment, always the same.
func testSecret(environment string, n byte) string {
	return canonical.FormatSecret(environment, [32]byte{n})
}

const importedSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// full is a file that uses every field.
var full = `# Keys of the orders API.
version: 1
keys:
  # The warehouse.
  - id: ck_live_7h2kq9m4x8wz3n5c   # do not hand out
    environment: live
    scopes: [orders:read, "orders:write"]
    dialects: [cs4, aws4]
    expires_at: 2027-06-30T00:00:00Z
    secrets:                                  # newest first
      - secret: ` + testSecret("live", 1) + `
        created_at: 2026-11-20T09:00:00Z
      # from before the move
      - secret: ` + testSecret("live", 2) + `
        not_after: 2026-11-21T09:00:00Z       # the rotation overlap
    sources: [10.0.0.0/8, 2001:db8::/32]
    rate_tier: bulk
    unsigned_payload: true
    sign_content: true
    signature_nonce: true

  # An AWS client.
  - id: AKIAIOSFODNN7EXAMPLE
    environment: live
    disabled: true
    secrets:
      - secret: ` + importedSecret + `
# The end.
`

func TestParseReadsEveryField(t *testing.T) {
	records, err := parse("keys.yaml", []byte(full), testNow)
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{{
		ID: "ck_live_7h2kq9m4x8wz3n5c", Environment: "live",
		Scopes:    []string{"orders:read", "orders:write"},
		Dialects:  []canonical.Dialect{canonical.CS4, canonical.AWS4},
		ExpiresAt: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC),
		Secrets: []Secret{
			{Secret: canonical.NewSecret(testSecret("live", 1)), CreatedAt: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)},
			{Secret: canonical.NewSecret(testSecret("live", 2)), NotAfter: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)},
		},
		Sources:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
		RateTier: "bulk", UnsignedPayload: true, SignContent: true, SignatureNonce: true,
	}, {
		ID: "AKIAIOSFODNN7EXAMPLE", Environment: "live", Disabled: true,
		Secrets: []Secret{{Secret: canonical.NewSecret(importedSecret)}},
	}}
	if !sameRecords(records, want) {
		t.Fatalf("records are\n%+v\nnot\n%+v", records, want)
	}
	if records[0].Secrets[0].Imported() || !records[1].Secrets[0].Imported() {
		t.Error("imported secrets are not told apart")
	}
}

func TestParseAcceptsAFileWithoutKeys(t *testing.T) {
	for _, text := range []string{"version: 1\nkeys: []\n", "---\nkeys: []\nversion: 1\n...\n", "{version: 1, keys: []}"} {
		if records, err := parse("keys.yaml", []byte(text), testNow); err != nil || len(records) != 0 {
			t.Errorf("%q: %v, %v", text, records, err)
		}
	}
}

// one is a file with one good key, for tests to break: each edit is a pair of old and new text.
func one(edits ...string) string {
	text := strings.ReplaceAll(`version: 1
keys:
  - id: ck_live_a
    environment: live
    scopes: [orders:read]
    secrets:
      - secret: SECRET
        created_at: 2026-11-20T09:00:00Z
`, "SECRET", testSecret("live", 1))
	return strings.NewReplacer(edits...).Replace(text)
}

func TestParseRefusesWithPlaceAndFix(t *testing.T) {
	good := testSecret("live", 1)
	cases := []struct{ name, text, want string }{
		{"empty", "", "keys.yaml: the file is empty: it must begin with version: 1 and have a list of keys"},
		{"comments only", "# nothing\n", "keys.yaml: the file is empty: it must begin with version: 1 and have a list of keys"},
		{"no version", one("version: 1\n", ""), "keys.yaml:1:1: a key file must have the field version"},
		{"later version", one("version: 1", "version: 2\nnews: [x]"), "keys.yaml:1:10: version 2 is unknown, and 1 is the latest that this countersign reads: update it, or convert the file"},
		{"version as text", one("version: 1", "version: '1'"), "keys.yaml:1:10: version must be the number 1"},
		{"version as float", one("version: 1", "version: 1.0"), "keys.yaml:1:10: version must be the number 1"},
		{"no keys", "version: 1\n", "keys.yaml:1:1: a key file must have the field keys"},
		{"keys without value", "version: 1\nkeys:\n", "keys.yaml:2:7: keys (a file without any says keys: []) must be a list"},
		{"a list", "- a\n", "keys.yaml:1:1: a key file must be a mapping with the fields version, keys"},
		{"unknown field of the file", one("version: 1", "version: 1\nkey: []"), "keys.yaml:2:1: a key file has a field key that is unknown: the fields are version, keys"},
		{"unknown field of a key", one("scopes", "scope"), "keys.yaml:5:5: a key has a field scope that is unknown: the fields are id, environment, scopes, dialects, expires_at, secrets, disabled, sources, rate_tier, unsigned_payload, sign_content, signature_nonce"},
		{"unknown field of a secret", one("created_at", "created"), "keys.yaml:8:9: a secret has a field created that is unknown: the fields are secret, created_at, not_after"},
		{"a secret as a field", one("scopes: [orders:read]", good+": x"), "keys.yaml:5:5: a key has a field that is unknown: the fields are id, environment, scopes, dialects, expires_at, secrets, disabled, sources, rate_tier, unsigned_payload, sign_content, signature_nonce"},
		{"field twice", one("scopes: [orders:read]", "id: ck_live_b"), "keys.yaml:5:5: a key has the field id twice, first in line 3: remove one"},
		{"keys twice", one() + "keys: []\n", "keys.yaml:9:1: a key file has the field keys twice, first in line 2: remove one"},
		{"id twice", one() + strings.SplitAfterN(one(), "keys:\n", 2)[1], "keys.yaml:9:9: this id is that of the key in line 3 too: give one of them another id, or remove it"},
		{"bad id", one("ck_live_a", "ck/live"), "keys.yaml:3:9: a key id must be neither . nor .. but 1 to 128 of A-Z a-z 0-9 . _ ~ -"},
		{"a secret as id", one("id: ck_live_a", "id: "+good), "keys.yaml:3:9: a key id must not begin with cs_, as secrets do: was the secret put in its place?"},
		{"id without value", one("id: ck_live_a", "id:"), "keys.yaml:3:8: id has no value: write one, or remove it"},
		{"id a number", one("ck_live_a", "12345"), "keys.yaml:3:9: id must be text: put it in quotes"},
		{"no id", one("id: ck_live_a", "rate_tier: x"), "keys.yaml:3:5: a key must have the field id"},
		{"id of another environment", one("ck_live_a", "ck_test_a"), "keys.yaml:3:9: the id names another environment than the record: an id that begins with ck_ goes on with the key's own environment"},
		{"secret of another environment", one(good, testSecret("test", 1)), "keys.yaml:7:17: the secret was made for environment test, and the record is of another: make one with countersign keys rotate"},
		{"bad environment", one("environment: live", "environment: Live"), "keys.yaml:4:18: an environment must be 1 to 64 of a-z 0-9 -, such as live or test"},
		{"scopes as text", one("[orders:read]", "orders:read"), "keys.yaml:5:13: scopes must be a list"},
		{"bad scope", one("orders:read", "'orders read'"), "keys.yaml:5:14: a scope must be 1 to 128 printable ASCII characters without space, comma, quotes or backslash, such as orders:read"},
		{"scope twice", one("orders:read", "a, a"), "keys.yaml:5:17: scopes names this one twice: remove one"},
		{"unknown dialect", one("scopes: [orders:read]", "dialects: [cs4, cs5]"), "keys.yaml:5:21: this dialect is unknown: write cs4 or aws4"},
		{"signature nonce without aws4", one("scopes: [orders:read]", "signature_nonce: true"), "keys.yaml:3:9: signature_nonce: a signature can take the nonce's place in the aws4 dialect alone: add aws4 to dialects, or leave this out"},
		{"no dialects", one("scopes: [orders:read]", "dialects: []"), "keys.yaml:5:15: dialects is empty: name some, or remove it for [cs4]"},
		{"no sources", one("scopes: [orders:read]", "sources: []"), "keys.yaml:5:14: sources is empty: name networks, or remove it to allow any"},
		{"an address as source", one("scopes: [orders:read]", "sources: [10.0.0.1]"), "keys.yaml:5:15: a source must be a network in CIDR form, such as 10.0.0.0/8 or 2001:db8::7/128"},
		{"host bits", one("scopes: [orders:read]", "sources: [10.0.0.1/8]"), "keys.yaml:5:15: this source has bits set beyond its prefix length: write 10.0.0.0/8, or a longer prefix"},
		{"mapped source", one("scopes: [orders:read]", "sources: ['::ffff:10.0.0.0/104']"), "keys.yaml:5:15: write an IPv4 source as IPv4, such as 10.0.0.0/8, not mapped into IPv6"},
		{"bad tier", one("scopes: [orders:read]", "rate_tier: a b"), "keys.yaml:5:16: a rate tier must be 1 to 64 of A-Z a-z 0-9 . _ -"},
		{"bad boolean", one("scopes: [orders:read]", "disabled: yes"), "keys.yaml:5:15: disabled must be true or false"},
		{"bad time", one("2026-11-20T09:00:00Z", "2026-11-20"), "keys.yaml:8:21: created_at must be a time such as 2027-06-30T00:00:00Z (RFC 3339)"},
		{"no secrets", one("- secret: "+good+"\n        created_at: 2026-11-20T09:00:00Z", "[]"), "keys.yaml:7:7: a key must have at least one secret; to refuse the key write disabled: true"},
		{"mistyped secret", one(good, good[:len(good)-1]), "keys.yaml:7:17: the secret's checksum is wrong: it was mistyped or cut"},
		{"short secret", one(good, "hunter2hunter2"), "keys.yaml:7:17: a secret that countersign did not make must be at least 32 bytes long"},
		{"long secret", one(good, strings.Repeat("x", 1025)), "keys.yaml:7:17: a secret that countersign did not make must be printable ASCII without spaces, at most 1024 bytes"},
		{"secret a number", one(good, "1234567890"), "keys.yaml:7:17: secret must be text: put it in quotes"},
		{"secret with a line end", one(good, `"`+importedSecret+`\n"`), "keys.yaml:7:17: a secret that countersign did not make must be printable ASCII without spaces, at most 1024 bytes"},
		{"secret with a space", one(good, `" `+importedSecret+`"`), "keys.yaml:7:17: a secret that countersign did not make must be printable ASCII without spaces, at most 1024 bytes"},
		{"secret as a block", one(good, "|\n          "+importedSecret), "keys.yaml:7:17: secret must be one line of text, not a block"},
		{"secret as a mapping", one(good, "{a: b}"), "keys.yaml:7:17: secret must be text"},
		{"secret of another key", one() + "  - id: ck_live_b\n    environment: live\n    secrets: [{secret: " + good + "}]\n", "keys.yaml:9:9: this key has a secret in common with the key in line 3, so that a request of one could be sent again as the other's: give it a secret of its own"},
		{"secret twice", one() + "      - secret: " + good + "\n", "keys.yaml:9:9: this secret is named earlier in the same key: remove one"},
		{"five active secrets", one() + moreSecrets(4, ""), "keys.yaml:7:7: 5 of the secrets are active, and 4 is the most: remove the oldest, or give them a not_after that has passed"},
		{"many scopes", one("orders:read", manyScopes(257)), "keys.yaml:5:1440: scopes names more than 256"},
		{"two documents", one() + "---\nversion: 1\n", "keys.yaml:9:1: a key file must be one YAML document: remove this one"},
		{"alias", one("[orders:read]", "*scopes"), "keys.yaml:5:13: anchors, aliases, tags, merge keys and directives are not allowed in a key file: write the value out, and quote text that begins with & * ! or %"},
		{"anchor", one("[orders:read]", "&scopes [orders:read]"), "keys.yaml:5:13: anchors, aliases, tags, merge keys and directives are not allowed in a key file: write the value out, and quote text that begins with & * ! or %"},
		{"tag", one("[orders:read]", "!!set {}"), "keys.yaml:5:13: anchors, aliases, tags, merge keys and directives are not allowed in a key file: write the value out, and quote text that begins with & * ! or %"},
		{"merge key", one("scopes: [orders:read]", "<<: {scopes: []}"), "keys.yaml:5:5: anchors, aliases, tags, merge keys and directives are not allowed in a key file: write the value out, and quote text that begins with & * ! or %"},
		{"bad syntax", one("[orders:read]", "[orders:read"), "keys.yaml:6:5: not valid YAML: ',' or ']' must be specified"},
		{"tab", one("    scopes", "\tscopes"), "keys.yaml:5:1: not valid YAML: found character '\t' that cannot start any token"},
		{"deep flow", "version: 1\nkeys: " + strings.Repeat("[", 5000), "keys.yaml:2:23: nested too deep"},
		{"deep block", "version: 1\nkeys:\n  " + strings.Repeat("- ", 5000), "keys.yaml:3:257: nested too deep, or indented too far"},
		{"control character", one("orders", "or\x00ders"), "keys.yaml:5: a key file must be UTF-8 text without control characters"},
		{"not UTF-8", one("orders", "\xff"), "keys.yaml:5: a key file must be UTF-8 text without control characters"},
		{"too large", "# " + strings.Repeat("x", maxFileBytes), "keys.yaml: a key file must be at most 16 MiB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			records, err := parse("keys.yaml", []byte(c.text), testNow)
			if err == nil || records != nil {
				t.Fatalf("accepted: %+v", records)
			}
			if err.Error() != c.want {
				t.Errorf("the error is\n%s\nnot\n%s", err, c.want)
			}
		})
	}
}

func manyScopes(n int) string {
	var scopes []string
	for i := range n {
		scopes = append(scopes, fmt.Sprintf("s%d", i))
	}
	return strings.Join(scopes, ", ")
}

// moreSecrets writes n more secrets for the key at the end of a file.
func moreSecrets(n byte, extra string) string {
	var text strings.Builder
	for i := range n {
		text.WriteString("      - secret: " + testSecret("live", i+2) + "\n" + extra)
	}
	return text.String()
}

func TestParseCountsOnlyActiveSecrets(t *testing.T) {
	text := one() + moreSecrets(5, "        not_after: 2026-11-20T11:59:59Z\n")
	records, err := parse("keys.yaml", []byte(text), testNow)
	if err != nil || len(records[0].Secrets) != 6 || records[0].ActiveSecrets(testNow) != 1 {
		t.Fatalf("%+v, %v", records, err)
	}
	if _, err := parse("keys.yaml", []byte(text), testNow.Add(-time.Second)); err == nil {
		t.Error("six active secrets are accepted")
	}
}
