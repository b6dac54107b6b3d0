package canonical

import (
	"slices"
	"strings"
	"time"
)

// presignedNames are the parameters of a presigned request, behind the dialect's prefix. SPEC §5.2.
var presignedNames = [...]string{
	"Algorithm", "Credential", "Date", "Nonce", "Expires", "SignedHeaders", "Signature", "Content-Sha256",
}

// Indexes of presignedNames.
const (
	presignedAlgorithm = iota
	presignedCredential
	presignedDate
	presignedNonce
	presignedExpires
	presignedSignedHeaders
	presignedSignature
	presignedContentSHA256
)

// presigned holds the parameters of a presigned request, decoded.
type presigned [len(presignedNames)]struct {
	value string
	sent  bool
}

// parsePresigned reads the signature of the query. SPEC §5.2.
func (r *Request) parsePresigned(m *Message, rules *Rules) error {
	for i := range r.scan.lines {
		if line := &r.scan.lines[i]; line.dialect != 0 && line.dialect.defines(line.name) {
			return refuse(MixedModes, "a presigned request carries "+line.name+" as a parameter, not as a header")
		}
	}
	p, err := r.collectPresigned()
	if err != nil {
		return err
	}
	names := r.Dialect.Names()
	if !p[presignedSignature].sent {
		return refuse(MissingSignature, "the request is not signed: it has neither an Authorization header nor "+names.HeaderPrefix+"Signature")
	}
	if p[presignedAlgorithm].value != names.Algorithm {
		return refuse(BadAuthorization, names.HeaderPrefix+"Algorithm must be "+names.Algorithm)
	}
	for i := presignedCredential; i <= presignedSignedHeaders; i++ {
		if i == presignedNonce && !p[i].sent && r.useSignatureNonce(rules) {
			p[i].value = p[presignedSignature].value
			continue
		}
		if !p[i].sent {
			return refuse(MissingHeader, "the presigned request has no "+names.HeaderPrefix+presignedNames[i])
		}
	}
	if p[presignedContentSHA256].sent && p[presignedContentSHA256].value == "" {
		return refuse(BadPayloadHash, names.HeaderPrefix+"Content-Sha256 is empty")
	}
	if !validHash(p[presignedSignature].value) {
		return refuse(BadAuthorization, names.HeaderPrefix+"Signature must be 64 lower-case hex digits")
	}
	if r.KeyID, r.Scope, err = parseCredential(p[presignedCredential].value, r.Dialect); err != nil {
		return err
	}
	if r.Expires, err = parseExpires(p[presignedExpires].value, rules.maxExpires()); err != nil {
		return err
	}
	r.SignedHeaders, r.Signature = p[presignedSignedHeaders].value, p[presignedSignature].value
	return r.setPieces(p[presignedDate].value, p[presignedNonce].value, p[presignedContentSHA256].value)
}

// collectPresigned files the reserved parameters: all of one dialect, each once, spelled exactly.
func (r *Request) collectPresigned() (p presigned, err error) {
	r.Dialect = r.query.reserved[0].dialect
	prefix := r.Dialect.Names().HeaderPrefix
	for i, parameter := range r.query.reserved {
		if parameter.dialect != r.Dialect {
			return p, refuse(MixedModes, "the query mixes parameters of both dialects")
		}
		name, exact := strings.CutPrefix(parameter.name, prefix)
		index := slices.IndexFunc(presignedNames[:], func(defined string) bool { return strings.EqualFold(defined, name) })
		if !exact || strings.ContainsAny(name, "%+") || index >= 0 && presignedNames[index] != name {
			return p, refuse(BadQuery, "parameters of a presigned request must be spelled exactly "+prefix+"…, unescaped")
		}
		if index < 0 && r.Dialect == CS4 {
			return p, refuse(BadQuery, "a parameter that begins with "+prefix+" is not one of this protocol")
		}
		for _, earlier := range r.query.reserved[:i] {
			if earlier.name == parameter.name {
				if index == presignedExpires {
					return p, refuse(BadExpires, prefix+"Expires stands twice")
				}
				return p, refuse(BadQuery, "a parameter of a presigned request stands twice")
			}
		}
		if index >= 0 {
			p[index].value, p[index].sent = decoded(parameter.raw), true
		}
	}
	return p, nil
}

// parseExpires reads a presigned URL's life in seconds, at most the verifier's cap.
func parseExpires(s string, most int) (time.Duration, error) {
	seconds := digits(s)
	if len(s) < 1 || len(s) > 6 || s[0] == '0' || seconds < 1 || seconds > maxExpires {
		return 0, refuse(BadExpires, "Expires must be 1 to 604800 seconds, in digits")
	}
	if seconds > most {
		return 0, refuse(BadExpires, "Expires is longer than this verifier allows")
	}
	return time.Duration(seconds) * time.Second, nil
}

// decoded decodes a parameter's value, whose escapes have been checked.
func decoded(raw string) string {
	if !strings.ContainsAny(raw, "%+") {
		return raw
	}
	plain := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case '+':
			plain = append(plain, ' ')
		case '%':
			b, _ := unescape(raw, i)
			plain = append(plain, b)
			i += 2
		default:
			plain = append(plain, c)
		}
	}
	return string(plain)
}
