package canonical

import "strings"

// headerRule is what the protocol asks of one header, by its name in canonical MIME form.
type headerRule struct {
	single    bool // at most one line. SPEC §4.4
	override  bool // changes the method for some frameworks: must be signed when present. SPEC §3.6
	signInCS4 bool // must be signed when present, in CS4. SPEC §3.6
	neverSign bool // hop-by-hop, or the signature itself. SPEC §3.5
}

// headerRules holds the rules for headers that belong to no dialect. No alias may stand for any of
// these names.
var headerRules = map[string]headerRule{
	"Host":                   {single: true},
	"Authorization":          {single: true, neverSign: true},
	"Content-Length":         {single: true},
	"Content-Type":           {single: true, signInCS4: true},
	"Content-Encoding":       {single: true, signInCS4: true},
	"Transfer-Encoding":      {neverSign: true},
	"Trailer":                {neverSign: true},
	"Expect":                 {neverSign: true},
	"Connection":             {neverSign: true},
	"X-Http-Method":          {override: true},
	"X-Http-Method-Override": {override: true},
	"X-Method-Override":      {override: true},
}

// Signable reports whether a header of that name, in any case, can be signed: whether it is a token
// of at most 128 bytes, and not one that hops rewrite. SPEC §3.5.
func Signable(name string) bool {
	return token.only(name, 1, maxSignedName) && !headerRules[mimeName(strings.ToLower(name))].neverSign
}

func definedInCS4(name string) bool {
	names := CS4.Names()
	return name == names.Date || name == names.Nonce || name == names.ContentSHA256
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

// canonicalName reports whether name is a token in canonical MIME form ("X-Amz-Date").
func canonicalName(name string) bool {
	upper := true
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !token[c] || upper && 'a' <= c && c <= 'z' || !upper && 'A' <= c && c <= 'Z' {
			return false
		}
		upper = c == '-'
	}
	return name != ""
}

// appendMIMEName appends a lower-case header name in canonical MIME form.
func appendMIMEName(dst []byte, lower string) []byte {
	upper := true
	for i := 0; i < len(lower); i++ {
		c := lower[i]
		if upper && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
		upper = c == '-'
	}
	return dst
}

func mimeName(lower string) string { return string(appendMIMEName(nil, lower)) }
