package canonical

import "strings"

// Some servers hand headers to the application under names in which every byte that is neither a
// letter nor a digit has become "_" (CGI's variables are one such form). There "X_Amz_Date" and
// "X-Amz-Date" are one header, and the one that was not signed may win. SPEC §4.4.

// PlainName returns the name that all of a header's aliases share: in lower case, with "-" for every
// byte that is neither a letter nor a digit. SPEC §4.4.
func PlainName(name string) string {
	b := []byte(strings.ToLower(name))
	for i, c := range b {
		if !alphanumeric[c] {
			b[i] = '-'
		}
	}
	return string(b)
}

// checkAliases refuses a header that stands for a protected one, or for a signed one.
func (r *Request) checkAliases(m *Message, rules *Rules) error {
	if !r.scan.odd {
		return nil
	}
	oddSigned := false
	for i := range r.scan.lines {
		line := &r.scan.lines[i]
		if !line.odd {
			continue
		}
		if r.protected(rules, PlainName(line.name)) {
			return refuseAlias(line.name)
		}
		oddSigned = oddSigned || line.signed
	}
	if !oddSigned {
		return nil
	}
	// A signed name is itself odd, so that any other one may be its alias.
	signed := make(map[string]string, len(r.fields))
	for _, f := range r.fields {
		signed[PlainName(f.name)] = f.name
	}
	for name, values := range m.Header {
		if original, found := signed[PlainName(name)]; found && len(values) != 0 && !strings.EqualFold(name, original) {
			return refuseAlias(name)
		}
	}
	return nil
}

// protected reports whether no alias may stand for a plain name: one that the protocol or policy
// has a rule for, or a signed one.
func (r *Request) protected(rules *Rules, name string) bool {
	mime := mimeName(name)
	return headerRuleOf(mime) != (headerRule{}) || hasDialectPrefix(name) || r.Signs(name) || contains(rules.RequireSigned, mime)
}

func refuseAlias(name string) error {
	return refuse(BadHeader, name+" stands for another header in some servers: use letters, digits and - alone")
}
