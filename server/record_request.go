package server

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// Why a record holds next to nothing.
const (
	withheldUnparsed = "the request could not be parsed, so that nothing in it can be told from a signature"
	withheldSecret   = "the request holds what looks like a secret: it has been disclosed, replace it"
)

// record writes down what was seen of a refused request.
func (s *verification) record(rejection *Rejection) *Record {
	r := &Record{
		Time: s.decision.Time, RequestID: s.decision.RequestID, Reason: rejection.Reason, Detail: rejection.Detail,
		Region: s.v.policy.Region, Service: s.v.policy.Service,
		Method: s.req.Method, Target: s.req.RequestURI, Host: s.req.Host,
	}
	if s.request.Signature == "" { // Parse leaves nothing where it refuses
		return s.withhold(r, withheldUnparsed)
	}
	s.recordSignature(r)
	s.recordHeaders(r)
	r.HeadOnly = s.headOnly
	none := !s.hasBody() || s.req.ContentLength == 0
	if s.headOnly {
		none = s.request.PayloadHash == "" // whatever there is, it is taken for empty
	}
	if s.bodyRead || none {
		hash := s.bodyHash()
		r.Body = &RecordBody{SHA256: string(hash[:]), Bytes: len(s.body)}
	}
	if slices.ContainsFunc(r.texts(), s.holdsSecret) {
		return s.withhold(r, withheldSecret)
	}
	return r
}

// texts returns everything in a record that the client chose.
func (r *Record) texts() []string {
	texts := append([]string{r.Method, r.Target, r.Host, r.Authorization}, r.Unsigned...)
	for _, header := range r.Signed {
		texts = append(append(texts, header.Name), header.Values...)
	}
	return texts
}

// withhold leaves of a record what the log of decisions holds anyway, and the names of the headers.
func (s *verification) withhold(r *Record, why string) *Record {
	withheld := &Record{
		Time: r.Time, RequestID: r.RequestID, Reason: r.Reason, Detail: r.Detail, Region: r.Region, Service: r.Service,
		Method: r.Method[:min(len(r.Method), 64)], Withheld: why,
	}
	if !s.holdsSecret(s.decision.Path) {
		withheld.Target = s.decision.Path
	}
	for _, name := range slices.Sorted(maps.Keys(s.req.Header)) {
		// At most as many as the default limit of header lines.
		if len(withheld.Unsigned) < 100 && len(name) <= 128 && !s.holdsSecret(name) {
			withheld.Unsigned = append(withheld.Unsigned, name)
		}
	}
	return withheld
}

// recordSignature puts the hash of the signature in its place.
func (s *verification) recordSignature(r *Record) {
	sum := sha256.Sum256([]byte(s.request.Signature))
	hash := hex.EncodeToString(sum[:])
	if s.request.Mode == canonical.HeaderMode {
		r.Authorization = canonical.Authorization{
			Dialect: s.request.Dialect, KeyID: s.request.KeyID, Scope: s.request.Scope,
			SignedHeaders: s.request.SignedHeaders, Signature: hash,
		}.String()
		return
	}
	path, query, _ := strings.Cut(r.Target, "?")
	name := s.request.Dialect.Names().HeaderPrefix + "Signature=" // spelled exactly, once. SPEC §5.2
	pairs := strings.Split(query, "&")
	for i := range pairs {
		if strings.HasPrefix(pairs[i], name) {
			pairs[i] = name + hash
		}
	}
	r.Target = path + "?" + strings.Join(pairs, "&")
}

// recordHeaders keeps the values of signed headers, and the names of all others.
func (s *verification) recordHeaders(r *Record) {
	for name := range strings.SplitSeq(s.request.SignedHeaders, ";") {
		if name == "host" {
			continue
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		r.Signed = append(r.Signed, RecordHeader{Name: name, Values: slices.Clone(s.req.Header[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(s.req.Header)) {
		if name != "Authorization" && name != "Host" && !s.request.Signs(name) {
			r.Unsigned = append(r.Unsigned, name)
		}
	}
}

// secretText is what secrets look like, whole or cut. SPEC §6.
var secretText = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])cs_[a-z0-9-]{1,64}_[a-z0-9]{20}`)

// holdsSecret reports whether a text holds a secret, put there by mistake: one in our form, or one of
// the named key.
func (s *verification) holdsSecret(text string) bool {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain = text
	}
	if secretText.MatchString(text) || secretText.MatchString(plain) {
		return true
	}
	if s.key == nil {
		return false
	}
	return slices.ContainsFunc(s.key.Secrets, func(held KeySecret) bool {
		secret := held.Secret.Reveal()
		return secret != "" && (strings.Contains(text, secret) || strings.Contains(plain, secret))
	})
}
