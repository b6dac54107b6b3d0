package filekeys

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// newFileHeader begins a file that Edit makes.
const newFileHeader = `# API keys. This file holds secrets: keep it out of version control, and readable by the
# verifier alone. Change it with "countersign keys", or by hand; verifiers reload it.
`

// renderFile writes a whole key file under its header, which is comments or nothing.
func renderFile(header string, records []Record) []byte {
	var text strings.Builder
	text.WriteString(header)
	text.WriteString("version: 1\n")
	if len(records) == 0 {
		text.WriteString("keys: []\n")
		return []byte(text.String())
	}
	text.WriteString("keys:\n")
	for i := range records {
		for _, line := range renderRecord(&records[i], 2) {
			text.WriteString(line + "\n")
		}
	}
	return []byte(text.String())
}

// renderRecord writes a record as an element of a list whose dashes are indented by indent.
func renderRecord(r *Record, indent int) []string {
	lines := []string{"id: " + quote(r.ID), "environment: " + quote(r.Environment)}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if len(r.Scopes) > 0 {
		add("scopes: %s", renderList(r.Scopes, func(scope string) string { return scope }))
	}
	if len(r.Dialects) > 0 {
		add("dialects: %s", renderList(r.Dialects, canonical.Dialect.String))
	}
	if !r.ExpiresAt.IsZero() {
		add("expires_at: %s", renderTime(r.ExpiresAt))
	}
	if r.Disabled {
		add("disabled: true")
	}
	if len(r.Sources) > 0 {
		add("sources: %s", renderList(r.Sources, netip.Prefix.String))
	}
	if r.RateTier != "" {
		add("rate_tier: %s", quote(r.RateTier))
	}
	if r.UnsignedPayload {
		add("unsigned_payload: true")
	}
	if r.SignContent {
		add("sign_content: true")
	}
	if r.SignatureNonce {
		add("signature_nonce: true")
	}
	add("secrets:")
	for _, secret := range r.Secrets {
		lines = append(lines, renderSecret(secret, 2)...)
	}
	return listed(lines, indent)
}

// renderSecret writes a secret as an element of a list whose dashes are indented by indent.
func renderSecret(s Secret, indent int) []string {
	lines := []string{"secret: " + quote(s.Secret.Reveal())}
	if !s.CreatedAt.IsZero() {
		lines = append(lines, "created_at: "+renderTime(s.CreatedAt))
	}
	if !s.NotAfter.IsZero() {
		lines = append(lines, "not_after: "+renderTime(s.NotAfter))
	}
	return listed(lines, indent)
}

// listed puts a dash before the first line, and indents them all.
func listed(lines []string, indent int) []string {
	space := strings.Repeat(" ", indent)
	for i := range lines {
		if i == 0 {
			lines[i] = space + "- " + lines[i]
		} else {
			lines[i] = space + "  " + lines[i]
		}
	}
	return lines
}

func renderTime(instant time.Time) string { return instant.UTC().Format(time.RFC3339Nano) }

func renderList[T any](list []T, text func(T) string) string {
	var quoted []string
	for _, element := range list {
		quoted = append(quoted, quote(text(element)))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// plain is text that no reader of YAML takes for anything but text, if it is not reserved. There is
// more such text; quoting it costs nothing.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([_:./-][A-Za-z0-9]+)*$|^[0-9]+[.][0-9.]+/[0-9]+$`)

// reserved are words that some reader of YAML takes for a boolean or nothing.
var reserved = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"}

// quote writes one line of text as YAML.
func quote(text string) string {
	if plain.MatchString(text) && !slices.Contains(reserved, strings.ToLower(text)) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
