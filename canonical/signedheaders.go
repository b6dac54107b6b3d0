package canonical

import "strings"

// field is one signed header.
type field struct {
	name   string   // lower-case
	values []string // as received
}

// parseSignedHeaders reads the list of signed names and looks each up. SPEC §3.5.
func (r *Request) parseSignedHeaders(m *Message) error {
	var mime [maxSignedName]byte
	previous := ""
	for rest, more := r.SignedHeaders, true; more; {
		length, err := scanSignedName(rest, &mime)
		if err != nil {
			return err
		}
		name := rest[:length]
		if more = length < len(rest); more {
			rest = rest[length+1:]
		}
		if len(r.fields) == maxSignedHeaders {
			return refuse(LimitExceeded, "SignedHeaders may name 64 headers at most")
		}
		if name <= previous {
			return refuse(BadAuthorization, "SignedHeaders must be sorted, each name once")
		}
		previous = name
		values, err := r.lookUp(m, name, mime[:length])
		if err != nil {
			return err
		}
		r.fields = append(r.fields, field{name: name, values: values})
	}
	if !r.hostSigned {
		return refuseUnsigned("host")
	}
	return nil
}

// scanSignedName checks the name at the start of list, up to a ";" or the end, and writes its
// canonical MIME form. It returns the name's length.
func scanSignedName(list string, mime *[maxSignedName]byte) (length int, err error) {
	upper := true
	for ; length < len(list) && list[length] != ';'; length++ {
		c := list[length]
		if length == maxSignedName {
			return 0, refuse(LimitExceeded, "SignedHeaders may name headers of 128 bytes at most")
		}
		if !lowerToken[c] {
			return 0, refuse(BadAuthorization, "SignedHeaders must be lower-case header names with ; between them")
		}
		mime[length] = mimeByte(c, upper)
		upper = c == '-'
	}
	if length == 0 {
		return 0, refuse(BadAuthorization, "SignedHeaders must be lower-case header names with ; between them")
	}
	return length, nil
}

// lookUp returns the values of a signed header, and marks it as signed.
func (r *Request) lookUp(m *Message, name string, mime []byte) ([]string, error) {
	line := r.scan.find(mime)
	if line != nil {
		line.signed = true
	}
	switch {
	case name == "host":
		r.host[0], r.hostSigned = m.Host, true
		return r.host[:], nil
	case line != nil && !line.rule.neverSign:
		return line.values, nil
	case headerRuleOf(string(mime)).neverSign:
		return nil, refuse(BadHeader, name+" must not be signed: hops rewrite it")
	}
	return nil, refuse(MissingHeader, name+" is named in SignedHeaders and not sent")
}

// Signs reports whether the signature covers a header; name may be in any case.
func (r *Request) Signs(name string) bool {
	low, high := 0, len(r.fields)
	for low < high {
		middle := (low + high) / 2
		switch order := compareFold(name, r.fields[middle].name); {
		case order == 0:
			return true
		case order < 0:
			high = middle
		default:
			low = middle + 1
		}
	}
	return false
}

// compareFold compares name, in any case, with lower, which is in lower case.
func compareFold(name, lower string) int {
	for i := 0; i < len(name) && i < len(lower); i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return int(c) - int(lower[i])
		}
	}
	return len(name) - len(lower)
}

// appendCanonicalValue appends the values of one header in canonical form: each trimmed, inner runs
// of spaces collapsed, joined by ",". SPEC §4.4.
func appendCanonicalValue(dst []byte, values []string) []byte {
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if isCanonicalValue(value) {
			dst = append(dst, value...)
			continue
		}
		value = strings.Trim(value, " \t")
		for j := 0; j < len(value); j++ {
			if value[j] == ' ' && value[j-1] == ' ' {
				continue
			}
			dst = append(dst, value[j])
		}
	}
	return dst
}

// CanonicalValue returns a header's value as the signature covers it, and as a verifier hands it
// to the application.
func CanonicalValue(values []string) string {
	if len(values) == 1 && isCanonicalValue(values[0]) {
		return values[0]
	}
	return string(appendCanonicalValue(nil, values))
}

func isCanonicalValue(value string) bool {
	if value == "" {
		return true
	}
	first, last := value[0], value[len(value)-1]
	return first != ' ' && first != '\t' && last != ' ' && last != '\t' && !strings.Contains(value, "  ")
}
