package canonical

import "strings"

// headerScan collects, in one pass over the header lines, what must be checked once it is known
// which names are signed.
type headerScan struct {
	prefixed   [AWS4 + 1][]string // names with a dialect's prefix
	mustSign   []string           // names that must be signed in either dialect
	content    []string           // Content-Type and Content-Encoding
	odd        []string           // names that may be aliases: see alias.go
	connection []string           // values of Connection
}

func (h *headerScan) reset() {
	for d := range h.prefixed {
		h.prefixed[d] = h.prefixed[d][:0]
	}
	h.mustSign, h.content, h.odd, h.connection = h.mustSign[:0], h.content[:0], h.odd[:0], nil
}

// scan checks the header lines one by one. SPEC §4.4.
func (h *headerScan) scan(m *Message, rules *Rules, limits Limits) error {
	h.reset()
	lines, size := 0, 0
	for name, values := range m.Header {
		for _, value := range values {
			lines++
			size += len(name) + len(value)
			if lines > limits.Headers || size > limits.HeaderBytes {
				return refuse(LimitExceeded, "too many header lines, or too long ones")
			}
			if !validFieldValue(value) {
				return refuse(BadHeader, "a header value holds a control character")
			}
		}
		if len(values) == 0 {
			continue
		}
		if !canonicalName(name) {
			return refuse(BadHeader, "a header name is not a token")
		}
		if err := h.file(m, rules, name, values); err != nil {
			return err
		}
	}
	return nil
}

// file applies the rules for one name and files it.
func (h *headerScan) file(m *Message, rules *Rules, name string, values []string) error {
	rule, d := headerRules[name], dialectOfHeader(name)
	if (rule.single || d != 0) && len(values) != 1 {
		return refuse(BadHeader, name+" may stand only once")
	}
	switch {
	case d == CS4 && !definedInCS4(name):
		return refuse(BadHeader, name+" is not a header of this protocol")
	case d != 0:
		h.prefixed[d] = append(h.prefixed[d], name)
	case name == "Host" && values[0] != m.Host:
		return refuse(BadHeader, "Host differs from the host of the request")
	case name == "Trailer":
		return refuse(Trailer, "trailers cannot be signed: send none")
	case name == "Connection":
		h.connection = values
	case rule.override:
		h.mustSign = append(h.mustSign, name)
	case rule.signInCS4:
		h.content = append(h.content, name)
	}
	if contains(rules.RequireSigned, name) {
		h.mustSign = append(h.mustSign, name)
	}
	if odd(name) {
		h.odd = append(h.odd, name)
	}
	return nil
}

// checkSigned refuses a request that carries a header which it should have signed. SPEC §3.6.
func (r *Request) checkSigned(rules *Rules) error {
	names := r.Dialect.Names()
	for _, name := range r.scan.prefixed[r.Dialect] {
		if contains(rules.addedOnTheWay(), name) && name != names.ContentSHA256 {
			continue
		}
		if !r.Signs(name) {
			return refuseUnsigned(name)
		}
	}
	for _, name := range r.scan.mustSign {
		if !r.Signs(name) {
			return refuseUnsigned(name)
		}
	}
	for _, name := range r.scan.content {
		if r.Dialect == CS4 && !r.Signs(name) {
			return refuse(UnsignedHeader, strings.ToLower(name)+" must be signed: add -H '"+name+": …'")
		}
	}
	return nil
}

func refuseUnsigned(name string) error {
	return refuse(UnsignedHeader, strings.ToLower(name)+" must be signed: name it in SignedHeaders")
}

// checkConnection refuses a Connection header that would make a hop drop what the signature needs.
// SPEC §4.4.
func (r *Request) checkConnection() error {
	options := 0
	for _, value := range r.scan.connection {
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

// validFieldValue is RFC 9110's field-value: no control character but the tab.
func validFieldValue(value string) bool {
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
