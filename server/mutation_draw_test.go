package server_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
)

// drawSigning draws a request of either mode and dialect, with or without a body, in any of the
// forms, and with whatever of the rest a signed request may have.
func drawSigning(random *rand.Rand) signing {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	some := func(most int, list ...string) (text string) {
		for range 1 + random.IntN(most) {
			text += pick(list...)
		}
		return text
	}
	s := newSigning()
	s.aws = random.IntN(2) == 0
	s.method = pick("GET", "HEAD", "DELETE", "get")
	s.host = pick("api.example", "api.example:8443", "[2001:db8::1]:80", "a_b.example")
	s.target = ""
	for range 1 + random.IntN(3) {
		s.target += "/" + some(3, "v1", "orders", "a", "~", ":", "=", "@", "%20", "%C3%A9", "%25", "a%2e", ",", "+", "x;y")
	}
	s.target += pick("", "", "/")
	for i := range random.IntN(5) {
		s.target += map[bool]string{true: "?", false: "&"}[i == 0] +
			some(2, "a", "b", "limit", "%5B", "%C3%A9", "%2f") + pick("", "=", "=1", "="+some(3, "a", "+", "%20", "%26", "%3d", "/", "?", ":", "=", "~"))
	}
	if random.IntN(2) == 0 {
		s.method = pick("POST", "PUT", "PATCH")
		s.body = some(6, "{}", `{"item":"tea"}`, "a=1&b=2", "\r\n", "\x00\xff", "0", " ")
		s.hash = pick("", "body", "body", "UNSIGNED-PAYLOAD")
		s.chunked = random.IntN(4) == 0
		if random.IntN(2) == 0 {
			s.headers = append(s.headers, "Content-Type: "+pick("application/json", "text/plain; charset=utf-8"))
		}
	}
	for range random.IntN(4) {
		s.headers = append(s.headers, pick("X-Tenant", "X-Role", "Accept", "If-Match", "x_odd")+":"+pick("", " ", "  ")+
			some(3, "a", "b", " ", "  ", "\t", ",", `"`, "é"))
	}
	if random.IntN(4) == 0 {
		s.headers = append(s.headers, "User-Agent: test/1")
		s.unsigned = []string{"user-agent"}
	}
	switch path, _, _ := strings.Cut(s.target, "?"); random.IntN(3) {
	case 0:
		s.expires = 60 + random.IntN(800)
	case 1:
		if !strings.Contains(path, "%") {
			s.form = pick("", "path-as-sent", "as-sent")
		}
	}
	return s
}

// change is one way to change a request on the wire.
type change struct {
	name    string
	at      int
	mutated []byte
}

// replacements are the values that each byte is changed to, and that are put before it, besides its
// neighbours in ASCII, its other case and its upper half.
const replacements = "\x00\t\n\r #%&+,-/0:;=?A\\_a~\x7f\x80\xff"

// byteChanges calls try with every change of one of raw's bytes from one place to another, or with one
// of them for each byte, drawn from random.
func byteChanges(raw []byte, from, to int, random *rand.Rand, try func(change)) {
	for i := from; i < to; i++ {
		c := raw[i]
		values := append([]byte(replacements), c^1, c^2, c^0x20, c^0x80)
		splice := func(from, to int, middle ...byte) []byte {
			return append(append(bytes.Clone(raw[:from]), middle...), raw[to:]...)
		}
		changes := []func() (string, []byte){
			func() (string, []byte) { return "deleted", splice(i, i+1) },
			func() (string, []byte) { return "doubled", splice(i, i+1, c, c) },
		}
		if i+1 < len(raw) && raw[i+1] != c {
			changes = append(changes, func() (string, []byte) { return "swapped with the next", splice(i, i+2, raw[i+1], c) })
		}
		for _, value := range values {
			if value != c {
				changes = append(changes, func() (string, []byte) { return "replaced", splice(i, i+1, value) })
			}
			changes = append(changes, func() (string, []byte) { return "put before", splice(i, i, value) })
		}
		if random != nil {
			at := random.IntN(len(changes))
			changes = changes[at : at+1]
		}
		for _, mutate := range changes {
			name, mutated := mutate()
			try(change{name, i, mutated})
		}
	}
}

// lineChanges calls try with every change of whole lines of raw.
func lineChanges(raw []byte, try func(change)) {
	lines := bytes.SplitAfter(raw, []byte("\n"))
	at := 0
	for i, line := range lines {
		join := func(name string, parts ...[][]byte) {
			var mutated []byte
			for _, part := range parts {
				mutated = append(mutated, bytes.Join(part, nil)...)
			}
			try(change{name, at, mutated})
		}
		before, after := lines[:i], lines[i+1:]
		join("line deleted", before, after)
		join("line doubled", before, [][]byte{line}, lines[i:])
		join("line put at the top", lines[:min(1, i)], [][]byte{line}, lines[min(1, i):i], after)
		if i > 0 {
			join("line swapped with the one before", lines[:i-1], [][]byte{line, lines[i-1]}, after)
			join("line folded", before, [][]byte{[]byte(" ")}, lines[i:])
			join("line copied behind the next", before, [][]byte{line}, after[:min(1, len(after))], [][]byte{line}, after[min(1, len(after)):])
		}
		if text := bytes.TrimRight(line, "\r\n"); len(text) > 0 {
			other := append(bytes.Clone(text), "x\r\n"...)
			join("line with another value before", before, [][]byte{other}, lines[i:])
			join("line with another value behind", before, [][]byte{line, other}, after)
			joined := append(bytes.Clone(text), ',')
			join("line joined with the next", before, [][]byte{joined}, after)
			if name, _, found := bytes.Cut(text, []byte(":")); found {
				join("line without its value before", before, [][]byte{append(bytes.Clone(name), ":\r\n"...)}, lines[i:])
				join("line under an alias behind", before, [][]byte{line, bytes.Replace(line, []byte("-"), []byte("_"), 1)}, after)
			}
		}
		at += len(line)
	}
}
