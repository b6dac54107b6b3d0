package main

import (
	"fmt"
	"slices"
	"strings"
)

// A header is one line of the request.
type header struct {
	name, value string
	// line, where it is not empty, goes on the wire in place of name and value, for lines that
	// a parser reads as something else than they say.
	line string
}

// A wire is a request as it is sent.
type wire struct {
	method, target string
	headers        []header
	body           string // with its chunk framing
	http2          bool   // the Host header, spelled so, goes into :authority, other names in lower case
}

func (w *wire) bytes() []byte {
	var text strings.Builder
	if w.http2 {
		fmt.Fprintf(&text, ":method: %s\r\n:path: %s\r\n:scheme: https\r\n", w.method, w.target)
	} else {
		fmt.Fprintf(&text, "%s %s HTTP/1.1\r\n", w.method, w.target)
	}
	for _, h := range w.headers {
		switch {
		case w.http2 && h.name == "Host":
			h.name = ":authority"
		case w.http2:
			h.name = strings.ToLower(h.name)
		}
		if h.line == "" {
			h.line = h.name + ": " + h.value
		}
		text.WriteString(h.line + "\r\n")
	}
	text.WriteString("\r\n" + w.body)
	return []byte(text.String())
}

// add appends a header line.
func (w *wire) add(name, value string) {
	w.headers = append(w.headers, header{name: name, value: value})
}

// set changes the value of every header called name.
func (w *wire) set(name, value string) {
	for i := range w.headers {
		if strings.EqualFold(w.headers[i].name, name) {
			w.headers[i] = header{name: w.headers[i].name, value: value}
		}
	}
}

// remove deletes every header called name.
func (w *wire) remove(name string) {
	w.headers = slices.DeleteFunc(w.headers, func(h header) bool { return strings.EqualFold(h.name, name) })
}

// get returns the value of the first header called name.
func (w *wire) get(name string) string {
	for _, h := range w.headers {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// chunk frames body for Transfer-Encoding: chunked, in two chunks where it has two bytes.
func chunk(body string) string {
	var framed strings.Builder
	half := len(body) / 2
	for _, part := range []string{body[:half], body[half:]} {
		if part != "" {
			fmt.Fprintf(&framed, "%x\r\n%s\r\n", len(part), part)
		}
	}
	return framed.String() + "0\r\n\r\n"
}
