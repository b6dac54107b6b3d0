package interop

import (
	"regexp"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

var (
	overrides = []string{"x-http-method", "x-http-method-override", "x-method-override"}
	single    = []string{"host", "authorization", "content-length", "content-type", "content-encoding"}
	validHash = regexp.MustCompile(`^([0-9a-f]{64}|UNSIGNED-PAYLOAD)$`)
)

// values returns the lines of a header; name is in lower case.
func (m *message) values(name string) (values []string) {
	for _, line := range m.Header {
		if strings.EqualFold(line[0], name) {
			values = append(values, line[1])
		}
	}
	return values
}

// parameter returns a parameter of the query, decoded.
func (m *message) parameter(name string) (string, bool) {
	_, query, _ := strings.Cut(m.Target, "?")
	for _, p := range parameters(query) {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// signedNames returns the names of SignedHeaders.
func (m *message) signedNames(presign bool) []string {
	list, _ := m.parameter("X-Amz-SignedHeaders")
	if !presign {
		_, list, _ = strings.Cut(strings.Join(m.values("authorization"), ""), "SignedHeaders=")
		list, _, _ = strings.Cut(list, ",")
	}
	return strings.Split(list, ";")
}

// payloadHash returns the hash that a message announces, or "".
func (m *message) payloadHash(presign bool) string {
	if presign {
		hash, _ := m.parameter("X-Amz-Content-Sha256")
		return hash
	}
	return strings.Join(m.values("x-amz-content-sha256"), "")
}

func brokenHeaders(m *message, presign bool) (broken []refusal) {
	add := func(reason canonical.Reason, rule string) { broken = append(broken, refusal{reason, rule, false}) }
	signed := m.signedNames(presign)
	for _, line := range m.Header {
		name := strings.ToLower(line[0])
		amz := strings.HasPrefix(name, "x-amz-")
		if len(m.values(name)) > 1 && (amz || strings.HasPrefix(name, "x-countersign-") || slices.Contains(single, name)) {
			add(canonical.BadHeader, "4.4 a header that may stand once")
		}
		rest, countersign := strings.CutPrefix(name, "x-countersign-")
		piece := slices.Contains([]string{"date", "nonce", "content-sha256"}, strings.TrimPrefix(rest, "x-amz-"))
		switch {
		case countersign && piece:
			add(canonical.MixedModes, "2 a header of the other dialect")
		case countersign:
			add(canonical.BadHeader, "4.4 an unknown X-Countersign- header")
		case amz && piece && presign:
			add(canonical.MixedModes, "5.2 a piece of the header mode")
		case (amz || slices.Contains(overrides, name)) && !slices.Contains(signed, name):
			add(canonical.UnsignedHeader, "3.6 must be signed")
		}
		if isAlias(name, signed) {
			add(canonical.BadHeader, "4.4 an alias")
		}
	}
	if hash := m.payloadHash(presign); hash != "" && !validHash.MatchString(hash) {
		add(canonical.BadPayloadHash, "3.7 not a hash")
	}
	return broken
}

// isAlias reports whether a name stands, for some servers, for another that matters.
func isAlias(name string, signed []string) bool {
	plain := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' {
			return r
		}
		return '-'
	}, name)
	if plain == name {
		return false
	}
	return strings.HasPrefix(plain, "x-amz-") || strings.HasPrefix(plain, "x-countersign-") ||
		slices.Contains(slices.Concat(overrides, single, signed), plain)
}
