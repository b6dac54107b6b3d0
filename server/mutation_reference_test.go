package server_test

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// This file says what a signature binds, read from the bytes on the wire by the plainest means. It
// shares no code with the packages under test, nor with net/http's reader: where that one reads a
// request otherwise than it stands there, the two differ.

// wireHead is what stands before a body.
type wireHead struct {
	method, target string
	lines          [][2]string // header lines in wire order: name in lower case, value
}

// readHead reads a request up to its empty line. It is as lenient as net/http, and no stricter: it is
// asked about what was accepted.
func readHead(raw string) (head wireHead, ok bool) {
	text, _, ok := strings.Cut(strings.ReplaceAll(raw, "\r\n", "\n"), "\n\n")
	if !ok {
		return head, false
	}
	requestLine, rest, _ := strings.Cut(text, "\n")
	words := strings.Split(requestLine, " ")
	if len(words) != 3 {
		return head, false
	}
	head.method, head.target = words[0], words[1]
	for _, line := range strings.Split(rest, "\n") {
		name, value, found := strings.Cut(line, ":")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") { // a folded one
			if len(head.lines) == 0 {
				return head, false
			}
			last := &head.lines[len(head.lines)-1]
			last[1] = strings.Trim(last[1]+" "+strings.Trim(line, " \t\r"), " \t\r")
			continue
		}
		if !found {
			return head, false
		}
		head.lines = append(head.lines, [2]string{strings.ToLower(name), strings.Trim(value, " \t\r")})
	}
	return head, true
}

// headSeen is the head as an application sees it.
func headSeen(req *http.Request) wireHead {
	head := wireHead{method: req.Method, target: req.RequestURI, lines: [][2]string{{"host", req.Host}}}
	for name, values := range req.Header {
		for _, value := range values {
			head.lines = append(head.lines, [2]string{strings.ToLower(name), value})
		}
	}
	return head
}

// values returns the values of a header in wire order.
func (head wireHead) values(name string) (values []string) {
	for _, line := range head.lines {
		if line[0] == name {
			values = append(values, line[1])
		}
	}
	return values
}

// binding is everything that a signature binds but the body, as a text: two requests are canonically
// equal if it is the same for both.
func (head wireHead) binding() string {
	path, query, _ := strings.Cut(head.target, "?")
	pairs := plainPairs(query)
	authorization := head.values("authorization")
	signed := ""
	for _, pair := range pairs {
		if strings.HasSuffix(pair[0], "-SignedHeaders") {
			signed += pair[1]
		}
	}
	for i, value := range authorization {
		authorization[i] = strings.ReplaceAll(value, ", ", ",")
		_, list, _ := strings.Cut(value, "SignedHeaders=")
		list, _, _ = strings.Cut(list, ",")
		signed += list
	}
	text := fmt.Sprintf("%q %q %q %q\n", head.method, path, pairs, authorization)
	names := append(strings.Split(signed, ";"), "host")
	for _, line := range head.lines {
		// A header that some servers take for a signed one is part of what that one says.
		plain := plainName(line[0])
		if line[0] == "authorization" { // which stands above
			continue
		}
		if strings.HasPrefix(plain, "x-amz-") || strings.HasPrefix(plain, "x-countersign-") || plain == "authorization" ||
			slices.ContainsFunc(names, func(name string) bool { return plainName(name) == plain }) {
			names = append(names, line[0])
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		values := head.values(name)
		for i, value := range values {
			for strings.Contains(value, "  ") {
				value = strings.ReplaceAll(value, "  ", " ")
			}
			values[i] = value
		}
		text += fmt.Sprintf("%q: %q\n", name, strings.Join(values, ","))
	}
	return text
}

// plainName returns a header's name as servers hand it on that make "-" of every byte which is neither
// a letter nor a digit.
func plainName(name string) string {
	return strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'z' {
			return c
		}
		return '-'
	}, name)
}

// plainPairs returns the decoded pairs of a query, sorted.
func plainPairs(query string) (pairs [][2]string) {
	if query == "" {
		return nil
	}
	plain := func(text string) string {
		parts := strings.Split(strings.ReplaceAll(text, "+", " "), "%")
		out := parts[0]
		for _, part := range parts[1:] {
			if b, err := hex.DecodeString(part[:min(2, len(part))]); err == nil && len(b) == 1 {
				out += string(b) + part[2:]
			} else {
				out += "%" + part
			}
		}
		return out
	}
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, [2]string{plain(name), plain(value)})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1])
	})
	return pairs
}
