package explain

import (
	"net/url"
	"regexp"
	"strings"
)

// pathChanges are about the method and the path.
var pathChanges = []change{
	{"path-as-sent", func(s *signed, c *circumstances) cause {
		s.path = c.request.Path()
		return cause{"the signer wrote the path as sent (an old curl, or a signer set up for S3)", atClient, "percent-encode it once more, use a newer signer, or avoid escapes in the path"}
	}},
	{"path-and-query-as-sent", func(s *signed, c *circumstances) cause {
		s.path, s.query = c.request.Path(), rawQuery(c)
		return cause{"the signer wrote path and query as sent (an old curl), which is accepted only in a header-mode request whose path has no escapes", atClient, "use a newer signer, or avoid escapes in the path"}
	}},
	pathAs("path-decoded", "decoded the path", func(plain string) string { return plain }),
	pathAs("path-encoded-once", "encoded the decoded path, once in all", func(plain string) string { return encode(plain, "/") }),
	{"path-encoded-thrice", func(s *signed, c *circumstances) cause {
		if !strings.Contains(c.request.Path(), "%") {
			return cause{}
		}
		s.path = encode(s.path, "/")
		return cause{"the signer encoded the path once too often", atClient, "percent-encode the path as sent once"}
	}},
	{"path-with-slash", func(s *signed, _ *circumstances) cause {
		s.path += "/"
		return cause{"the path that was signed ends in a slash, and the one that arrived does not", atEither, "sign the path that is sent, and have no hop take the slash away"}
	}},
	{"path-without-slash", func(s *signed, _ *circumstances) cause {
		if s.path == "/" {
			return cause{}
		}
		s.path = strings.TrimSuffix(s.path, "/")
		return cause{"the path that arrived ends in a slash, and the one that was signed does not", atEither, "sign the path that is sent, and have no hop add a slash"}
	}},
	{"path-empty", func(s *signed, _ *circumstances) cause {
		s.path = ""
		return cause{"the signer wrote an empty path", atClient, "write / at least"}
	}},
	{"path-escapes-upper-case", func(s *signed, c *circumstances) cause {
		s.path = encode(escapes.ReplaceAllStringFunc(c.request.Path(), strings.ToUpper), "/")
		return cause{"the escapes of the path were signed in upper case, and arrived in lower case", atEither, "sign the path as it is sent, and have no hop rewrite its escapes"}
	}},
	{"path-escapes-lower-case", func(s *signed, c *circumstances) cause {
		s.path = encode(escapes.ReplaceAllStringFunc(c.request.Path(), strings.ToLower), "/")
		return cause{"the escapes of the path were signed in lower case, and arrived in upper case", atEither, "sign the path as it is sent, and have no hop rewrite its escapes"}
	}},
	{"path-canonical-lower-case", func(s *signed, _ *circumstances) cause {
		s.path = escapes.ReplaceAllStringFunc(s.path, strings.ToLower)
		return cause{"the signer percent-encoded the path with lower-case digits", atClient, "encode once more with upper-case hexadecimal digits"}
	}},
	pathOnTheWay("path-decoded-on-the-way", "with every reserved character escaped", func(plain string) string { return encode(plain, "/") }),
	pathOnTheWay("path-encoded-on-the-way", "with fewer escapes", func(plain string) string { return encode(plain, "/!$&'()*+,;=:@") }),
	methodWas("GET"), methodWas("POST"), methodWas("PUT"), methodWas("HEAD"),
	{"method-lower-case", func(s *signed, _ *circumstances) cause {
		s.method = strings.ToLower(s.method)
		return cause{"the signer wrote the method in lower case", atClient, "sign it as it is sent"}
	}},
}

// escapes are percent-encoded bytes.
var escapes = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// pathAs is the change of a signer that makes another canonical path of the decoded one.
func pathAs(name, did string, write func(plain string) string) change {
	return change{name, func(s *signed, c *circumstances) cause {
		plain, err := url.PathUnescape(c.request.Path())
		if err != nil {
			return cause{}
		}
		s.path = write(plain)
		return cause{"the signer " + did, atClient, "percent-encode the path as it is sent once more (the service is not S3)"}
	}}
}

// pathOnTheWay is the change of a path that a hop decodes and writes anew.
func pathOnTheWay(name, how string, write func(plain string) string) change {
	return change{name, func(s *signed, c *circumstances) cause {
		plain, err := url.PathUnescape(c.request.Path())
		if err != nil {
			return cause{}
		}
		s.path = encode(write(plain), "/")
		return cause{"the path was signed " + how + ", and arrived otherwise", atEither, "send the path as it is signed; have the proxy pass it on as it came (nginx: proxy_pass without a path)"}
	}}
}

// methodWas is the change of a request whose method was another when it was signed: a redirect and
// curl -X without -d, or -I, do that.
func methodWas(method string) change {
	return change{"method-" + strings.ToLower(method), func(s *signed, _ *circumstances) cause {
		s.method = method
		return cause{"the signer signed the method " + method, atEither, "sign the one that is sent, and have no hop change it"}
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
