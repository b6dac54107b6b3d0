package explain

import (
	"bytes"

	"github.com/countersign-dev/countersign/canonical"
)

// bodyChanges are about the payload hash.
var bodyChanges = []change{
	{"empty-body", func(s *signed, c *circumstances) cause {
		if s.payloadHash == canonical.HashEmptyPayload {
			return cause{}
		}
		s.payloadHash = canonical.HashEmptyPayload
		return cause{
			"the signer hashed an empty body, and another one was sent", atClient,
			"hash the body that is sent (curl -T does not: use --data-binary, or send the content hash header)",
		}
	}},
	{"unsigned-payload", func(s *signed, c *circumstances) cause {
		s.payloadHash = canonical.HashUnsignedPayload
		return cause{
			"the signer wrote " + canonical.HashUnsignedPayload + " for the payload hash, and did not say so", atClient,
			"sign the body's hash, or send " + canonical.HashUnsignedPayload + " in " + c.request.Dialect.Names().ContentSHA256 + ", signed",
		}
	}},
	{"received-body", func(s *signed, c *circumstances) cause {
		if c.payload.Computed == "" {
			return cause{}
		}
		s.payloadHash = c.payload.Computed
		return cause{
			"the canonical request that was signed ends in the hash of the body, and the content hash header says another", atClient,
			"send the hash that was signed",
		}
	}},
	{"body-given", func(s *signed, c *circumstances) cause {
		if c.in.record == nil || c.in.BodyMissing {
			return cause{}
		}
		s.payloadHash = hexHash(c.in.Body)
		return cause{
			"the signer hashed the body that explain was given, and the verifier received another", atEither,
			"send the body as it was signed, and have no hop rewrite it",
		}
	}},
	{"unannounced-body", func(s *signed, c *circumstances) cause {
		if len(c.in.unframed) == 0 {
			return cause{}
		}
		s.payloadHash = hexHash(c.in.unframed)
		return cause{
			"the signer hashed a body that no Content-Length announces, so that a server does not read it", atClient,
			"send Content-Length",
		}
	}},
	bodyAs("body-without-final-newline", "without its last line end", func(body []byte) []byte {
		return bytes.TrimRight(body, "\r\n")
	}),
	bodyAs("body-with-final-newline", "with a line end behind it", func(body []byte) []byte {
		return append(bytes.Clone(body), '\n')
	}),
	bodyAs("body-with-lf", "with LF at its line ends instead of CR LF", func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	}),
	bodyAs("body-with-crlf", "with CR LF at its line ends instead of LF", func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
	}),
	bodyAs("body-without-line-ends", "without its line ends (curl -d @file drops them: use --data-binary)", func(body []byte) []byte {
		return bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r"), nil), []byte("\n"), nil)
	}),
}

// bodyAs is the change of a body that was rewritten between signing and sending. rewrite returns nil
// where it does not apply.
func bodyAs(name, how string, rewrite func(body []byte) []byte) change {
	return change{name, func(s *signed, c *circumstances) cause {
		if len(c.in.Body) == 0 {
			return cause{}
		}
		hash := c.rewrittenHash(name, rewrite)
		if hash == "" {
			return cause{}
		}
		s.payloadHash = hash
		return cause{"the signer hashed the body " + how, atEither, "hash the very bytes that are sent, and have no hop rewrite them"}
	}}
}

// rewrittenHash returns the hash of the body as rewrite leaves it, or "" where it changes nothing. It is
// computed once for all forms and pairs.
func (c *circumstances) rewrittenHash(name string, rewrite func(body []byte) []byte) string {
	hash, known := c.rewritten[name]
	if known {
		return hash
	}
	if rewritten := rewrite(c.in.Body); rewritten != nil && !bytes.Equal(rewritten, c.in.Body) {
		hash = hexHash(rewritten)
	}
	if c.rewritten == nil {
		c.rewritten = map[string]string{}
	}
	c.rewritten[name] = hash
	return hash
}
