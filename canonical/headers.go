package canonical

import "strings"

// checkSigned refuses a request that carries a header which it should have signed. What a presigned
// request needs besides stands in its query, which is always signed. SPEC §3.6.
func (r *Request) checkSigned(rules *Rules) error {
	for i := range r.scan.lines {
		line := &r.scan.lines[i]
		switch {
		case line.signed:
		case line.mustSign:
			return refuseUnsigned(line.name)
		case line.dialect == r.Dialect:
			if r.Dialect.defines(line.name) || !contains(rules.addedOnTheWay(), line.name) {
				return refuseUnsigned(line.name)
			}
		case line.rule.signInCS4 && r.Dialect == CS4:
			return refuse(UnsignedHeader, strings.ToLower(line.name)+" must be signed: add -H '"+line.name+": …'")
		}
	}
	return nil
}

func refuseUnsigned(name string) error {
	return refuse(UnsignedHeader, strings.ToLower(name)+" must be signed: name it in SignedHeaders")
}

// checkConnection refuses a Connection header that would make a hop drop what the signature needs.
// SPEC §4.4.
func (r *Request) checkConnection(m *Message) error {
	options := 0
	for _, value := range m.Header["Connection"] {
		for more := true; more; options++ {
			if options == maxConnectionOptions {
				return refuse(LimitExceeded, "Connection lists too many options")
			}
			var option string
			option, value, more = strings.Cut(value, ",")
			option = strings.ToLower(strings.Trim(option, " \t"))
			if option == "authorization" || hasDialectPrefix(option) || r.Signs(option) {
				return refuse(BadHeader, "Connection names a signed or authentication header")
			}
		}
	}
	return nil
}

// hasDialectPrefix reports whether a lower-case header name belongs to a dialect.
func hasDialectPrefix(lower string) bool {
	return strings.HasPrefix(lower, "x-amz-") || strings.HasPrefix(lower, "x-countersign-")
}
