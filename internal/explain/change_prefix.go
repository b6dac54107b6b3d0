package explain

import (
	"net/url"
	"strings"
)

// prefixChanges are about what a proxy takes off the front of the path, or puts there.
var prefixChanges = []change{
	{"path-prefix-of-url", func(s *signed, c *circumstances) cause {
		u, err := url.Parse(c.options.URL)
		if err != nil {
			return cause{}
		}
		return signedBehind(s, strings.TrimSuffix(u.EscapedPath(), "/"))
	}},
	{"path-prefix-forwarded", func(s *signed, c *circumstances) cause {
		for _, name := range []string{"X-Forwarded-Prefix", "X-Forwarded-Path", "X-Script-Name"} {
			if values := c.in.Message.Header[name]; len(values) > 0 {
				return signedBehind(s, strings.TrimSuffix(values[0], "/"))
			}
		}
		return cause{}
	}},
	prefixWas("/api"), prefixWas("/api/v1"), prefixWas("/v1"), prefixWas("/v2"),
	prefixWas("/prod"), prefixWas("/stage"), prefixWas("/dev"),
	{"path-prefix-added", func(s *signed, _ *circumstances) cause {
		first, rest, found := strings.Cut(strings.TrimPrefix(s.path, "/"), "/")
		if !found {
			return cause{}
		}
		s.path = "/" + rest
		return cause{"the path was signed without /" + first, atProxy, "put nothing before the path (nginx: proxy_pass without a path), or verify before that proxy"}
	}},
}

func prefixWas(prefix string) change {
	return change{"path-prefix" + strings.ReplaceAll(prefix, "/", "-"), func(s *signed, _ *circumstances) cause {
		return signedBehind(s, prefix)
	}}
}

// signedBehind puts a prefix before the path.
func signedBehind(s *signed, prefix string) cause {
	if !strings.HasPrefix(prefix, "/") {
		return cause{}
	}
	s.path = encode(prefix, "/") + s.path
	return cause{"the path was signed with " + prefix + " before it", atProxy, "take nothing off the path (nginx: proxy_pass without a path), or verify before that proxy"}
}
