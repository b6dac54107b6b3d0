package canonical

import (
	"crypto/sha256"
	"strings"
)

// Form is one of the ways to write a request's canonical path and query. SPEC §4.6.
type Form uint8

const (
	// RuleForm is the rule: the path encoded once more, the query sorted.
	RuleForm Form = iota
	// PathAsSentForm is what curl about 8.3 to 8.8 signs: the path as sent, the query sorted.
	PathAsSentForm
	// AsSentForm is what older curls sign: path and query as sent.
	AsSentForm
)

// String returns "rule", "path-as-sent" or "as-sent".
func (f Form) String() string {
	switch f {
	case RuleForm:
		return "rule"
	case PathAsSentForm:
		return "path-as-sent"
	case AsSentForm:
		return "as-sent"
	}
	return "none"
}

// chooseForms writes the canonical query and settles which forms a signature may cover: the rule,
// and in header mode the as-sent forms where they differ from it and are as tight. A path with an
// escape has no as-sent form: "/a%20b" encoded once more equals "/a%2520b" as sent.
func (r *Request) chooseForms() {
	omit := ""
	if r.Mode == PresignedMode {
		omit = r.Dialect.Names().HeaderPrefix + "Signature"
	}
	r.canonicalQuery = r.query.appendCanonical(r.canonicalQuery[:0], omit)
	r.forms[0], r.formCount = RuleForm, 1
	if r.Mode != HeaderMode || strings.IndexByte(r.path, '%') >= 0 {
		return
	}
	if r.path != string(r.canonicalPath) {
		r.forms[r.formCount] = PathAsSentForm
		r.formCount++
	}
	if r.query.raw != string(r.canonicalQuery) {
		r.forms[r.formCount] = AsSentForm
		r.formCount++
	}
}

// Forms returns the forms that a signature of this request may cover, the rule's first; never more
// than three.
func (r *Request) Forms() []Form { return r.forms[:r.formCount] }

// AppendCanonical appends the canonical request in one of its [Request.Forms], with the hash of its
// payload: what the request declares, or the SHA-256 of its body in hex. SPEC §4.
func (r *Request) AppendCanonical(dst []byte, form Form, payloadHash string) []byte {
	dst = append(dst, r.method...)
	dst = append(dst, '\n')
	if form == RuleForm {
		dst = append(dst, r.canonicalPath...)
	} else {
		dst = append(dst, r.path...)
	}
	dst = append(dst, '\n')
	if form == AsSentForm {
		dst = append(dst, r.query.raw...)
	} else {
		dst = append(dst, r.canonicalQuery...)
	}
	dst = append(dst, '\n')
	for _, f := range r.fields {
		dst = append(dst, f.name...)
		dst = append(dst, ':')
		dst = appendCanonicalValue(dst, f.values)
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	dst = append(dst, r.SignedHeaders...)
	dst = append(dst, '\n')
	return append(dst, payloadHash...)
}

// AppendStringToSign appends the string to sign of a canonical request. SPEC §4.5.
func (r *Request) AppendStringToSign(dst, canonicalRequest []byte) []byte {
	sum := sha256.Sum256(canonicalRequest)
	dst = append(dst, r.Dialect.Names().Algorithm...)
	dst = append(dst, '\n')
	dst = append(dst, r.Date...)
	dst = append(dst, '\n')
	dst = r.Scope.append(dst, r.Dialect)
	dst = append(dst, '\n')
	return appendHex(dst, sum[:])
}
