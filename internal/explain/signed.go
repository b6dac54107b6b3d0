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
	algorithm  string
	terminator string
	date       string
	scope      canonical.Scope

	method, path, query string
	headers             []signedHeader
	signedHeaders       string
	payloadHash         string
}

type signedHeader struct{ name, value string }

// signedPieces takes an admitted form of a request apart.
func signedPieces(r *canonical.Request, form canonical.Form, secret, payloadHash string) signed {
	names := r.Dialect.Names()
	s := signed{
		secret: secret, keyPrefix: names.KeyPrefix, algorithm: names.Algorithm, terminator: names.Terminator,
		date: r.Date, scope: r.Scope, signedHeaders: r.SignedHeaders, payloadHash: payloadHash,
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
	b.WriteString("\n" + s.signedHeaders + "\n" + s.payloadHash)
	return b.String()
}

// signature is SPEC §4.5. It is written out here because package canonical, rightly, cannot sign
// with a key prefix or terminator of another dialect.
func (s *signed) signature() string {
	scope := s.scope.Date + "/" + s.scope.Region + "/" + s.scope.Service + "/" + s.terminator
	key := []byte(s.keyPrefix + s.secret)
	for _, part := range []string{s.scope.Date, s.scope.Region, s.scope.Service, s.terminator} {
		key = sum(key, part)
	}
	toSign := s.algorithm + "\n" + s.date + "\n" + scope + "\n" + hexHash([]byte(s.canonicalRequest()))
	return hex.EncodeToString(sum(key, toSign))
}

func sum(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}
