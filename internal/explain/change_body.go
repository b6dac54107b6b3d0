package explain

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/countersign-dev/countersign/canonical"
)

// bodyChanges are about the payload hash.
var bodyChanges = []change{
	{"empty-body", func(s *signed, c *circumstances) string {
		if len(c.in.Body) == 0 {
			return ""
		}
		s.payloadHash = hexHash(nil)
		return fmt.Sprintf("the signer hashed an empty body, and %d bytes were sent: hash the body that is sent (curl -T does not: use --data-binary, or send the content hash header)", len(c.in.Body))
	}},
	{"unsigned-payload", func(s *signed, c *circumstances) string {
		s.payloadHash = canonical.HashUnsignedPayload
		return "the signer wrote " + canonical.HashUnsignedPayload + " for the payload hash and did not say so: send it in " + c.request.Dialect.Names().ContentSHA256 + ", signed, or sign the body's hash"
	}},
	{"received-body", func(s *signed, c *circumstances) string {
		s.payloadHash = hexHash(c.in.Body)
		return "the canonical request that was signed ends in the hash of the body, and the content hash header says another: send the hash that was signed"
	}},
	{"unannounced-body", func(s *signed, c *circumstances) string {
		if len(c.in.unframed) == 0 {
			return ""
		}
		s.payloadHash = hexHash(c.in.unframed)
		return "the signer hashed a body that no Content-Length announces, so that a server does not read it: send Content-Length"
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
	bodyAs("json-compact", "as JSON without white space", func(body []byte) []byte {
		var compact bytes.Buffer
		if json.Compact(&compact, body) != nil {
			return nil
		}
		return compact.Bytes()
	}),
	bodyAs("json-sorted", "as JSON written anew, its names sorted", func(body []byte) []byte {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil {
			return nil
		}
		sorted, err := json.Marshal(value)
		if err != nil {
			return nil
		}
		return sorted
	}),
}

// bodyAs is the change of a body that was rewritten between signing and sending.
func bodyAs(name, how string, rewrite func(body []byte) []byte) change {
	return change{name, func(s *signed, c *circumstances) string {
		if len(c.in.Body) == 0 {
			return ""
		}
		rewritten := rewrite(c.in.Body)
		if rewritten == nil {
			return ""
		}
		s.payloadHash = hexHash(rewritten)
		return "the signer hashed the body " + how + ": hash the very bytes that are sent"
	}}
}
