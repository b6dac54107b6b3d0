package explain

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// signed is everything that a signature is computed from, taken apart so that one piece can be
// changed.
type signed struct {
	secret     string
	keyPrefix  string
	keyDate    string // the first step of the signing key
	terminator string
	algorithm  string
	date       string
	scope      canonical.Scope

	method, path, query string
	headers             []signedHeader
	signedHeaders       string
	payloadHash         string

	layout layout
}

type signedHeader struct{ name, value string }

// layout is how the pieces are put together. The zero value is the rule; the rest is what people who
// write a signer get wrong.
type layout struct {
	hexSteps      bool // each step of the signing key is handed on in hex
	noEmptyLine   bool // no empty line behind the headers
	finalNewline  bool // the canonical request ends in a line end
	upperHash     bool // the canonical request's hash in upper case
	toSignNewline bool // the string to sign ends in a line end
	crlf          bool // CR LF in both texts
}

// signedPieces takes an admitted form of a request apart.
func signedPieces(r *canonical.Request, form canonical.Form, secret, payloadHash string) signed {
	names := r.Dialect.Names()
	s := signed{
		secret: secret, keyPrefix: names.KeyPrefix, keyDate: r.Scope.Date, terminator: names.Terminator,
		algorithm: names.Algorithm, date: r.Date, scope: r.Scope,
		signedHeaders: r.SignedHeaders, payloadHash: payloadHash,
	}
	lines := strings.Split(string(r.AppendCanonical(nil, form, payloadHash)), "\n")
	s.method, s.path, s.query = lines[0], lines[1], lines[2]
	for _, line := range lines[3 : len(lines)-3] {
		name, value, _ := strings.Cut(line, ":")
		s.headers = append(s.headers, signedHeader{name, value})
	}
	return s
}

func (s signed) clone() *signed {
	s.headers = slices.Clone(s.headers)
	return &s
}

// header returns the signed header of that name, to be changed in place, or nil.
func (s *signed) header(name string) *signedHeader {
	for i := range s.headers {
		if s.headers[i].name == name {
			return &s.headers[i]
		}
	}
	return nil
}

// canonicalRequest is SPEC §4.
func (s *signed) canonicalRequest() string {
	var b strings.Builder
	b.WriteString(s.method + "\n" + s.path + "\n" + s.query + "\n")
	for _, h := range s.headers {
		b.WriteString(h.name + ":" + h.value + "\n")
	}
	if !s.layout.noEmptyLine {
		b.WriteString("\n")
	}
	b.WriteString(s.signedHeaders + "\n" + s.payloadHash)
	if s.layout.finalNewline {
		b.WriteString("\n")
	}
	return s.lineEnds(b.String())
}

// stringToSign is SPEC §4.5.
func (s *signed) stringToSign() string {
	hash := hexHash([]byte(s.canonicalRequest()))
	if s.layout.upperHash {
		hash = strings.ToUpper(hash)
	}
	scope := s.scope.Date + "/" + s.scope.Region + "/" + s.scope.Service + "/" + s.terminator
	text := s.algorithm + "\n" + s.date + "\n" + scope + "\n" + hash
	if s.layout.toSignNewline {
		text += "\n"
	}
	return s.lineEnds(text)
}

func (s *signed) lineEnds(text string) string {
	if s.layout.crlf {
		return strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// signature is SPEC §4.5. It is written out here because package canonical, rightly, cannot sign
// with a key prefix or terminator of another dialect.
func (s *signed) signature() string {
	key := []byte(s.keyPrefix + s.secret)
	for _, part := range []string{s.keyDate, s.scope.Region, s.scope.Service, s.terminator} {
		key = sum(key, part)
		if s.layout.hexSteps {
			key = []byte(hex.EncodeToString(key))
		}
	}
	return hex.EncodeToString(sum(key, s.stringToSign()))
}

func sum(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}
