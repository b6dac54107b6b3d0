package canonical

import (
	"strings"
	"time"
)

// presigned are the parameters of a presigned request, by their names behind the dialect's prefix.
type presigned struct {
	algorithm, credential, date, nonce, expires, signedHeaders, signature, contentSHA256 parameterValue
}

type parameterValue struct {
	value string
	sent  bool
}

func (p *presigned) of(name string) *parameterValue {
	switch name {
	case "Algorithm":
		return &p.algorithm
	case "Credential":
		return &p.credential
	case "Date":
		return &p.date
	case "Nonce":
		return &p.nonce
	case "Expires":
		return &p.expires
	case "SignedHeaders":
		return &p.signedHeaders
	case "Signature":
		return &p.signature
	case "Content-Sha256":
		return &p.contentSHA256
	}
	return nil
}

// parsePresigned reads the signature of the query. SPEC §5.2.
func (r *Request) parsePresigned(m *Message, rules *Rules) error {
	for d := range r.scan.prefixed {
		names := Dialect(d).Names()
		for _, name := range r.scan.prefixed[d] {
			if name == names.Date || name == names.Nonce || name == names.ContentSHA256 {
				return refuse(MixedModes, "a presigned request carries "+name+" as a parameter, not as a header")
			}
		}
	}
	var p presigned
	if err := r.collectPresigned(&p); err != nil {
		return err
	}
	prefix := r.Dialect.Names().HeaderPrefix
	if !p.signature.sent {
		return refuse(MissingSignature, "the request is not signed: it has neither an Authorization header nor "+prefix+"Signature")
	}
	if p.algorithm.value != r.Dialect.Names().Algorithm {
		return refuse(BadAuthorization, prefix+"Algorithm must be "+r.Dialect.Names().Algorithm)
	}
	for _, piece := range [...]struct {
		name string
		sent bool
	}{{"Credential", p.credential.sent}, {"Date", p.date.sent}, {"Nonce", p.nonce.sent}, {"Expires", p.expires.sent}, {"SignedHeaders", p.signedHeaders.sent}} {
		if !piece.sent {
			return refuse(MissingHeader, "the presigned request has no "+prefix+piece.name)
		}
	}
	if p.contentSHA256.sent && p.contentSHA256.value == "" {
		return refuse(BadPayloadHash, prefix+"Content-Sha256 is empty")
	}
	if !validHash(p.signature.value) {
		return refuse(BadAuthorization, prefix+"Signature must be 64 lower-case hex digits")
	}
	var err error
	if r.KeyID, r.Scope, err = parseCredential(p.credential.value, r.Dialect); err != nil {
		return err
	}
	if r.Expires, err = parseExpires(p.expires.value, rules.maxExpires()); err != nil {
		return err
	}
	r.SignedHeaders, r.Signature = p.signedHeaders.value, p.signature.value
	return r.setPieces(p.date.value, p.nonce.value, p.contentSHA256.value)
}

// collectPresigned files the reserved parameters, all of one dialect, each once, spelled exactly.
func (r *Request) collectPresigned(p *presigned) error {
	r.Dialect = r.query.reserved[0].dialect
	names := r.Dialect.Names()
	for i, parameter := range r.query.reserved {
		if parameter.dialect != r.Dialect {
			return refuse(MixedModes, "the query mixes parameters of both dialects")
		}
		name, exact := strings.CutPrefix(parameter.name, names.HeaderPrefix)
		if !exact || strings.ContainsAny(name, "%+") {
			return refuse(BadQuery, "parameters of a presigned request must be spelled exactly "+names.HeaderPrefix+"…, unescaped")
		}
		slot := p.of(name)
		if slot == nil {
			if r.Dialect == CS4 || isPresignedName(name) {
				return refuse(BadQuery, names.HeaderPrefix+"… parameters are those that the protocol defines, spelled exactly")
			}
			for _, earlier := range r.query.reserved[:i] {
				if earlier.name == parameter.name {
					return refuse(BadQuery, "a parameter of a presigned request stands twice")
				}
			}
			continue
		}
		if slot.sent {
			if slot == &p.expires {
				return refuse(BadExpires, names.HeaderPrefix+"Expires stands twice")
			}
			return refuse(BadQuery, "a parameter of a presigned request stands twice")
		}
		*slot = parameterValue{value: decoded(parameter.raw), sent: true}
	}
	return nil
}

// isPresignedName reports whether name is one of ours but for its case.
func isPresignedName(name string) bool {
	for _, defined := range [...]string{"Algorithm", "Credential", "Date", "Nonce", "Expires", "SignedHeaders", "Signature", "Content-Sha256"} {
		if strings.EqualFold(defined, name) {
			return true
		}
	}
	return false
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
