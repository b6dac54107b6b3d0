package explain

import (
	"net/textproto"
	"strings"
)

// headerChanges are about signed headers, the host first of all: it is what proxies rewrite.
var headerChanges = []change{
	hostAs("host-without-port", "without its port", func(host string, _ *circumstances) string {
		if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
			return host[:i]
		}
		return ""
	}),
	hostAs("host-with-port-80", "with the port 80", func(host string, _ *circumstances) string { return host + ":80" }),
	hostAs("host-with-port-443", "with the port 443", func(host string, _ *circumstances) string { return host + ":443" }),
	hostAs("host-lower-case", "in lower case", func(host string, _ *circumstances) string { return strings.ToLower(host) }),
	hostAs("host-forwarded", "as X-Forwarded-Host has it", func(_ string, c *circumstances) string {
		values := c.in.Message.Header["X-Forwarded-Host"]
		if len(values) == 0 {
			return ""
		}
		first, _, _ := strings.Cut(values[0], ",")
		return strings.TrimSpace(first)
	}),
	{"header-spaces", func(s *signed, c *circumstances) string {
		for i := range s.headers {
			if values := c.in.Message.Header[textproto.CanonicalMIMEHeaderKey(s.headers[i].name)]; len(values) > 0 {
				s.headers[i].value = strings.Join(values, ",")
			}
		}
		return "the signer kept runs of spaces in header values: write one space for each run"
	}},
	{"header-comma-space", func(s *signed, c *circumstances) string {
		for i := range s.headers {
			if values := c.in.Message.Header[textproto.CanonicalMIMEHeaderKey(s.headers[i].name)]; len(values) > 1 {
				s.headers[i].value = strings.Join(values, ", ")
			}
		}
		return `the signer joined the lines of a repeated header with ", ": join them with "," alone`
	}},
	{"content-type-charset", func(s *signed, _ *circumstances) string {
		contentType := s.header("content-type")
		if contentType == nil {
			return ""
		}
		contentType.value, _, _ = strings.Cut(contentType.value, ";")
		return "a parameter was added to Content-Type after signing (charset, most likely): set the whole value before signing"
	}},
}

// hostAs is the change of a host that was other when it was signed.
func hostAs(name, how string, rewrite func(host string, c *circumstances) string) change {
	return change{name, func(s *signed, c *circumstances) string {
		host := s.header("host")
		if host == nil {
			return ""
		}
		rewritten := rewrite(host.value, c)
		if rewritten == "" {
			return ""
		}
		host.value = rewritten
		return "the host was signed " + how + ": sign the Host that arrives, or have the proxy before the verifier pass it on as it came"
	}}
}
