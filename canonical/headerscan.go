package canonical

// headerLine is one header name of a message, with its lines, and what is asked of it.
type headerLine struct {
	name     string // in canonical MIME form
	values   []string
	rule     headerRule
	dialect  Dialect // to whose prefix the name belongs, or 0
	mustSign bool    // in either dialect
	odd      bool    // the name may be an alias: see alias.go
	signed   bool    // SignedHeaders names it
}

// headerScan collects, in one pass over a message's headers, what must be checked once it is known
// which of them are signed.
type headerScan struct {
	lines []headerLine
	odd   bool // a name is
}

func (h *headerScan) reset() {
	clear(h.lines) // nothing of a message stays alive
	h.lines, h.odd = h.lines[:0], false
}

// scan checks the header lines one by one. SPEC §4.4.
func (h *headerScan) scan(m *Message, rules *Rules, limits Limits) error {
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
		canonical, odd := nameForm(name)
		if !canonical {
			return refuse(BadHeader, "a header name is not a token")
		}
		line := headerLine{name: name, values: values, rule: headerRuleOf(name), dialect: dialectOfHeader(name), odd: odd}
		if err := line.check(m); err != nil {
			return err
		}
		line.mustSign = line.rule.override || len(rules.RequireSigned) != 0 && contains(rules.RequireSigned, name)
		h.odd = h.odd || odd
		h.lines = append(h.lines, line)
	}
	return nil
}

// check applies the rules for one name that hold whatever is signed.
func (l *headerLine) check(m *Message) error {
	if len(l.values) != 1 && (l.rule.single || l.dialect != 0) {
		return refuse(BadHeader, l.name+" may stand only once")
	}
	switch {
	case l.dialect == CS4 && !CS4.defines(l.name):
		return refuse(BadHeader, l.name+" is not a header of this protocol")
	case l.name == "Host" && l.values[0] != m.Host:
		return refuse(BadHeader, "Host differs from the host of the request")
	case l.name == "Trailer":
		return refuse(Trailer, "trailers cannot be signed: send none")
	}
	return nil
}

// find returns the line of a name in canonical MIME form, or nil.
func (h *headerScan) find(name []byte) *headerLine {
	for i := range h.lines {
		if line := &h.lines[i]; len(line.name) == len(name) && line.name == string(name) {
			return line
		}
	}
	return nil
}

// nameForm reports whether name is a token in canonical MIME form ("X-Amz-Date"), and whether it is
// odd: whether it holds a byte other than letters, digits and "-".
func nameForm(name string) (canonical, odd bool) {
	upper := true
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z':
			if upper {
				return false, false
			}
		case 'A' <= c && c <= 'Z':
			if !upper {
				return false, false
			}
		case c == '-':
			upper = true
			continue
		case '0' <= c && c <= '9':
		case token[c]:
			odd = true
		default:
			return false, false
		}
		upper = false
	}
	return name != "", odd
}

// validFieldValue is RFC 9110's field-value: no control character but the tab.
func validFieldValue(value string) bool {
	i := 0
	for ; i+8 <= len(value); i += 8 {
		if mayHoldControl(value[i : i+8]) {
			break // the tab does so too: look at each byte
		}
	}
	for ; i < len(value); i++ {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// mayHoldControl looks at eight bytes at once: it reports whether any is below 0x20 or is 0x7f. A
// borrow may make it say so of other bytes beside such a one, never of eight good ones.
func mayHoldControl(s string) bool {
	_ = s[7]
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	low := (x - 0x20*ones) & ^x
	del := x ^ 0x7f*ones
	return (low|(del-ones)&^del)&tops != 0
}
