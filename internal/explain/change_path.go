package explain

import (
	"net/url"
	"strings"
)

// pathChanges are about the method and the path.
var pathChanges = []change{
	{"path-as-sent", func(s *signed, c *circumstances) string {
		s.path = c.request.Path()
		return "the signer wrote the path as sent, and it has to be percent-encoded once more (an old curl, or a signer set up for S3): avoid escapes in the path, or use a newer signer"
	}},
	{"path-and-query-as-sent", func(s *signed, c *circumstances) string {
		s.path, s.query = c.request.Path(), rawQuery(c)
		return "the signer wrote path and query as sent (an old curl), which is accepted only in a header-mode request whose path has no escapes: avoid them, or use a newer signer"
	}},
	{"path-decoded", func(s *signed, c *circumstances) string {
		plain, err := url.PathUnescape(c.request.Path())
		if err != nil {
			return ""
		}
		s.path = plain
		return "the signer wrote the decoded path: percent-encode the path as sent once more"
	}},
	{"path-encoded-once", func(s *signed, c *circumstances) string {
		plain, err := url.PathUnescape(c.request.Path())
		if err != nil {
			return ""
		}
		s.path = encode(plain, "/")
		return "the signer encoded the decoded path, once in all: percent-encode the path as sent once more (the service is not S3)"
	}},
	{"path-encoded-thrice", func(s *signed, _ *circumstances) string {
		s.path = encode(s.path, "/")
		return "the signer encoded the path once too often: percent-encode the path as sent once"
	}},
	{"path-with-slash", func(s *signed, _ *circumstances) string {
		s.path += "/"
		return "the signer's path ended in a slash that was not sent: sign the path that is sent"
	}},
	{"path-without-slash", func(s *signed, _ *circumstances) string {
		if s.path == "/" {
			return ""
		}
		s.path = strings.TrimSuffix(s.path, "/")
		return "the signer's path lacked the slash at the end that was sent: sign the path that is sent"
	}},
	{"path-empty", func(s *signed, _ *circumstances) string {
		s.path = ""
		return "the signer wrote an empty path: it is / at least"
	}},
	methodWas("GET"), methodWas("POST"), methodWas("PUT"),
	{"method-lower-case", func(s *signed, _ *circumstances) string {
		s.method = strings.ToLower(s.method)
		return "the signer wrote the method in lower case: sign it as it is sent"
	}},
}

// methodWas is the change of a request whose method was another when it was signed: a redirect and
// curl -X without -d, or -I, do that.
func methodWas(method string) change {
	return change{"method-" + strings.ToLower(method), func(s *signed, _ *circumstances) string {
		s.method = method
		return "the signer signed the method " + method + ": sign the one that is sent"
	}}
}

// encode percent-encodes every byte but the unreserved ones and those of kept. SPEC §4.2.
func encode(text, kept string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~"+kept, c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
