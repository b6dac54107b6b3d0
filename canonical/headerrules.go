package canonical

import "strings"

// headerRule is what the protocol asks of one header, by its name in canonical MIME form.
type headerRule struct {
	single    bool // at most one line. SPEC §4.4
	override  bool // changes the method for some frameworks: must be signed when present. SPEC §3.6
	signInCS4 bool // must be signed when present, in CS4. SPEC §3.6
	neverSign bool // hop-by-hop, or the signature itself. SPEC §3.5
}

// headerRuleOf returns the rule for a header that belongs to no dialect, or none. No alias may stand
// for any of these names.
func headerRuleOf(name string) headerRule {
	switch name {
	case "Host", "Content-Length":
		return headerRule{single: true}
	case "Authorization":
		return headerRule{single: true, neverSign: true}
	case "Content-Type", "Content-Encoding":
		return headerRule{single: true, signInCS4: true}
	case "Transfer-Encoding", "Trailer", "Expect", "Connection":
		return headerRule{neverSign: true}
	case "X-Http-Method", "X-Http-Method-Override", "X-Method-Override":
		return headerRule{override: true}
	}
	return headerRule{}
}

// Signable reports whether a header of that name, in any case, can be signed: whether it is a token
// of at most 128 bytes, and not one that hops rewrite. SPEC §3.5.
func Signable(name string) bool {
	return token.only(name, 1, maxSignedName) && !headerRuleOf(mimeName(strings.ToLower(name))).neverSign
}

// contains reports whether list, a handful long, holds name in any case.
func contains(list []string, name string) bool {
	for _, entry := range list {
		if strings.EqualFold(entry, name) {
			return true
		}
	}
	return false
}

// mimeName returns a lower-case header name in canonical MIME form.
func mimeName(lower string) string {
	mime, upper := []byte(lower), true
	for i, c := range mime {
		mime[i] = mimeByte(c, upper)
		upper = c == '-'
	}
	return string(mime)
}

// mimeByte returns a byte of a lower-case header name as canonical MIME form has it: upper says that
// it begins the name or follows a "-".
func mimeByte(c byte, upper bool) byte {
	if upper && 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}
