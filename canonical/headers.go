package canonical

import "strings"

// headerRule is what the protocol asks of one header, by its name in canonical MIME form.
type headerRule struct {
	single    bool // at most one line. SPEC §4.4
	override  bool // changes the method for some frameworks: refused unless signed. SPEC §3.6
	signInCS4 bool // must be signed when present, in CS4. SPEC §3.6
	neverSign bool // hop-by-hop, or the signature itself. SPEC §3.5
	guarded   bool // a name that differs from it only by "_" for "-" is refused. SPEC §4.4
}

var headerRules = map[string]headerRule{
	"Host":                   {single: true, guarded: true},
	"Authorization":          {single: true, guarded: true, neverSign: true},
	"Content-Length":         {single: true, guarded: true},
	"Content-Type":           {single: true, guarded: true, signInCS4: true},
	"Content-Encoding":       {single: true, guarded: true, signInCS4: true},
	"Transfer-Encoding":      {guarded: true, neverSign: true},
	"Trailer":                {guarded: true, neverSign: true},
	"Expect":                 {guarded: true, neverSign: true},
	"Connection":             {guarded: true, neverSign: true},
	"X-Http-Method":          {guarded: true, override: true},
	"X-Http-Method-Override": {guarded: true, override: true},
	"X-Method-Override":      {guarded: true, override: true},
}

// headerScan collects, in one pass over the header lines, what must be checked once it is known
// which names are signed.
type headerScan struct {
	mustSign   []string // present names that must be signed in either dialect
	content    []string // Content-Type and Content-Encoding, where present
	underscore []string // names that hold "_"
	connection []string // values of Connection
	prefixed   [AWS4 + 1][]string
}

func (h *headerScan) reset() {
	h.mustSign, h.content = h.mustSign[:0], h.content[:0]
	h.underscore, h.connection = h.underscore[:0], nil
	for d := range h.prefixed {
		h.prefixed[d] = h.prefixed[d][:0]
	}
}

// scan checks the header lines one by one. SPEC §4.4.
func (h *headerScan) scan(m *Message, rules *Rules, limits Limits) error {
	h.reset()
	lines, size := 0, 0
	for name, values := range m.Header {
		lines += len(values)
		for _, value := range values {
			size += len(name) + len(value)
			if !validFieldValue(value) {
				return refuse(BadHeader, "a header value holds a control character")
			}
		}
		if lines > limits.Headers || size > limits.HeaderBytes {
			return refuse(LimitExceeded, "too many header lines, or too long ones")
		}
		if len(values) == 0 {
			continue
		}
		if !canonicalName(name) {
			return refuse(BadHeader, "a header name is not a token")
		}
		if err := h.sort(m, rules, name, values); err != nil {
			return err
		}
	}
	return nil
}

// sort applies the rules for one name and files it.
func (h *headerScan) sort(m *Message, rules *Rules, name string, values []string) error {
	rule := headerRules[name]
	d := dialectOfHeader(name)
	if (rule.single || d != 0) && len(values) != 1 {
		return refuse(BadHeader, name+" may stand only once")
	}
	switch {
	case d != 0:
		if d == CS4 && !definedInCS4(name) {
			return refuse(BadHeader, name+" is not a header of this protocol")
		}
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
	if strings.IndexByte(name, '_') >= 0 {
		h.underscore = append(h.underscore, name)
	}
	return nil
}

func definedInCS4(name string) bool {
	names := CS4.Names()
	return name == names.Date || name == names.Nonce || name == names.ContentSHA256
}

// guarded reports whether name, in lower case with "-" throughout, is one that no alias may stand
// for: one of ours, a signed one, or one that policy wants signed.
func (r *Request) guarded(rules *Rules, name string) bool {
	return strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-countersign-") ||
		headerRules[mimeName(name)].guarded || r.signs(name) || contains(rules.RequireSigned, mimeName(name))
}

// checkAgainstSigned applies the rules that depend on which headers are signed. SPEC §3.6.
func (r *Request) checkAgainstSigned(rules *Rules) error {
	h := &r.scan
	for _, name := range h.prefixed[r.Dialect] {
		if !r.signs(name) && !contains(rules.addedOnTheWay(), name) {
			return refuse(UnsignedHeader, strings.ToLower(name)+" must be signed: name it in SignedHeaders")
		}
	}
	for _, name := range h.mustSign {
		if !r.signs(name) {
			return refuse(UnsignedHeader, strings.ToLower(name)+" must be signed: name it in SignedHeaders")
		}
	}
	if r.Dialect == CS4 {
		for _, name := range h.content {
			if !r.signs(name) {
				return refuse(UnsignedHeader, strings.ToLower(name)+" must be signed: add -H '"+name+": …'")
			}
		}
	}
	for _, name := range h.underscore {
		if r.guarded(rules, strings.ToLower(strings.ReplaceAll(name, "_", "-"))) {
			return refuse(BadHeader, name+" stands for another header in some servers: write - for _")
		}
	}
	for _, value := range h.connection {
		if err := r.checkConnection(value); err != nil {
			return err
		}
	}
	return nil
}

// checkConnection refuses a Connection header that would make a hop drop what the signature needs.
func (r *Request) checkConnection(value string) error {
	for more := true; more; {
		var option string
		option, value, more = strings.Cut(value, ",")
		option = strings.ToLower(strings.Trim(option, " \t"))
		if option == "authorization" || strings.HasPrefix(option, "x-amz-") ||
			strings.HasPrefix(option, "x-countersign-") || r.signs(option) {
			return refuse(BadHeader, "Connection names a signed or authentication header")
		}
	}
	return nil
}

// contains reports whether list holds name; the lists are a handful long.
func contains(list []string, name string) bool {
	for _, entry := range list {
		if entry == name {
			return true
		}
	}
	return false
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
