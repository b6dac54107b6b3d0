package explain

import (
	"net/textproto"
	"strings"
)

// headerChanges are about signed headers other than the host.
var headerChanges = []change{
	{"header-spaces", func(s *signed, c *circumstances) cause {
		for i := range s.headers {
			if values := received(c, s.headers[i].name); len(values) > 0 {
				s.headers[i].value = strings.Join(values, ",")
			}
		}
		return cause{"the signer kept runs of spaces in header values", atClient, "write one space for each run"}
	}},
	contentTypeAs("content-type-without-parameter", "without its parameter", func(value string) string {
		bare, _, _ := strings.Cut(value, ";")
		return bare
	}),
	contentTypeAs("content-type-with-charset", "with ; charset=utf-8", func(value string) string { return value + "; charset=utf-8" }),
	contentTypeAs("content-type-with-tight-charset", "with ;charset=utf-8", func(value string) string { return value + ";charset=utf-8" }),
	contentTypeAs("content-type-with-upper-case-charset", "with ; charset=UTF-8", func(value string) string { return value + "; charset=UTF-8" }),
}

// received returns the lines of a header as they arrived.
func received(c *circumstances, lower string) []string {
	return c.in.Message.Header[textproto.CanonicalMIMEHeaderKey(lower)]
}

func contentTypeAs(name, how string, rewrite func(value string) string) change {
	return change{name, func(s *signed, _ *circumstances) cause {
		contentType := s.header("content-type")
		if contentType == nil {
			return cause{}
		}
		contentType.value = rewrite(contentType.value)
		return cause{"Content-Type was signed " + how, atEither, "set the whole value before signing, and have neither the HTTP library nor a hop change it"}
	}}
}

// headerValueChanges are about one signed header that a hop rewrote. One a header: a date holds a
// comma and a space of its own.
func headerValueChanges(c *circumstances) (list []change) {
	for name := range strings.SplitSeq(c.request.SignedHeaders, ";") {
		values := received(c, name)
		switch {
		case len(values) > 1:
			list = append(list, headerWas("header-split", name, "on one line, with a space behind each comma", strings.Join(values, ", ")))
		case len(values) == 1 && strings.Contains(values[0], ", "):
			list = append(list, headerWas("header-joined", name, "on several lines", strings.ReplaceAll(values[0], ", ", ",")))
		}
		for _, other := range usual[name] {
			list = append(list, headerWas("header-changed", name, "as "+other, other))
		}
	}
	return list
}

// usual are the values that clients send in headers which proxies rewrite.
var usual = map[string][]string{
	"accept-encoding":   {"gzip", "identity", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd", "deflate, gzip", "br", "*"},
	"accept":            {"*/*", "application/json", "application/json, text/plain, */*"},
	"content-type":      {"application/json", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream"},
	"x-forwarded-proto": {"https", "http"},
	"te":                {"trailers"},
}

func headerWas(name, header, how, was string) change {
	return change{name, func(s *signed, _ *circumstances) cause {
		signed := s.header(header)
		if signed == nil || signed.value == was {
			return cause{}
		}
		signed.value = was
		return cause{header + " was signed " + how + ", and arrived otherwise", atEither, "leave " + header + " out of the signed headers, or have no hop rewrite it"}
	}}
}
