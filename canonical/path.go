package canonical

import (
	"bytes"
	"unicode/utf8"
)

// scanPath checks a wire path and appends its canonical form, the path percent-encoded once more,
// to dst. decoded is scratch space. SPEC §4.2.
//
// A segment ends at "/" or "\", raw or escaped, because some server behind the verifier may split
// there; what stands before a ";" is looked at as well, because some drop path parameters.
func scanPath(dst, decoded []byte, path string, encodedSlash bool) (canonical, scratch []byte, err error) {
	decoded = decoded[:0]
	start := 1 // of the current segment in decoded, behind its separator
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			b, ok := unescape(path, i)
			if !ok {
				return nil, decoded, refuse(BadPath, "the path holds a % that no two hex digits follow")
			}
			if b == 0 {
				return nil, decoded, refuse(BadPath, "the path holds %00")
			}
			if (b == '/' || b == '\\') && !encodedSlash {
				return nil, decoded, refuse(BadPath, "the path holds an escaped / or \\, which this route does not allow")
			}
			dst = append(dst, '%', '2', '5', path[i+1], path[i+2])
			i += 2
			c = b
		} else if c == '/' || unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = appendEscaped(dst, c)
		}
		if (c == '/' || c == '\\') && len(decoded) > 0 {
			if err := checkSegment(decoded[start:]); err != nil {
				return nil, decoded, err
			}
			start = len(decoded) + 1
		}
		decoded = append(decoded, c)
	}
	// The last segment may be empty: a trailing "/" is fine.
	if last := decoded[start:]; len(last) > 0 {
		if err := checkSegment(last); err != nil {
			return nil, decoded, err
		}
	}
	if !utf8.Valid(decoded) {
		return nil, decoded, refuse(BadPath, "the path is not UTF-8 once decoded")
	}
	return dst, decoded, nil
}

func checkSegment(segment []byte) error {
	name, _, _ := bytes.Cut(segment, []byte{';'})
	switch string(name) {
	case "":
		return refuse(BadPath, "the path holds an empty segment (//)")
	case ".", "..":
		return refuse(BadPath, "the path holds a . or .. segment: send the path it stands for")
	}
	return nil
}
