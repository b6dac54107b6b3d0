package interop

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// What follows reads targets by SPEC.md and shares no code with the verifier.

// decode undoes escapes, and "+" where plus; false where a "%" is not followed by two hex digits.
func decode(s string, plus bool) (string, bool) {
	var plain strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return "", false
			}
			plain.WriteByte(nibble(s[i+1])<<4 | nibble(s[i+2]))
			i += 2
		case s[i] == '+' && plus:
			plain.WriteByte(' ')
		default:
			plain.WriteByte(s[i])
		}
	}
	return plain.String(), true
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func nibble(c byte) byte { return byte(strings.IndexByte("0123456789abcdef", c|0x20)) }

// encode percent-encodes every byte that is not unreserved.
func encode(s string) string {
	var text strings.Builder
	for i := 0; i < len(s); i++ {
		if isUnreserved(s[i]) {
			text.WriteByte(s[i])
		} else {
			text.WriteString(escaped(s[i:i+1], false))
		}
	}
	return text.String()
}

func isUnreserved(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || strings.IndexByte("-._~", c) >= 0
}

// parameter is a pair of a query, decoded.
type parameter struct{ name, value string }

// parameters returns the pairs of a well-formed query.
func parameters(query string) []parameter {
	var list []parameter
	if query == "" {
		return nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, _ = decode(name, true)
		value, _ = decode(value, true)
		list = append(list, parameter{name, value})
	}
	return list
}

// meaning is what a target asks for: its path decoded, and its parameters in no order. The
// parameters of a signature are left out.
func meaning(target string) string {
	target, _, _ = strings.Cut(target, "#")
	path, query, _ := strings.Cut(target, "?")
	path, _ = decode(path, false)
	var list []string
	for _, p := range parameters(query) {
		if !strings.HasPrefix(strings.ToLower(p.name), "x-amz-") {
			list = append(list, encode(p.name)+"="+encode(p.value))
		}
	}
	slices.Sort(list)
	return path + "?" + strings.Join(list, "&")
}

// tidy escapes what a client should not have left raw.
func tidy(target string) string {
	var text strings.Builder
	for i := 0; i < len(target); i++ {
		if c := target[i]; c <= ' ' || c >= utf8.RuneSelf {
			text.WriteString(escaped(target[i:i+1], false))
		} else {
			text.WriteByte(c)
		}
	}
	return text.String()
}
