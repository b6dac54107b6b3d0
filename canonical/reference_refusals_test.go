package canonical_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// This file implements the refusals of SPEC §3 to §5 and §8 a second time, from the text: whether a
// request is refused, not for which reason. Like reference_test.go it uses nothing of the package
// under test.

// refRules is what a verifier's policy may say.
type refRules struct{ encodedSlash, signatureNonce bool }

var (
	refMethod     = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")
	refTarget     = regexp.MustCompile(`^/[!-~]*$`)
	refHost       = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()*+,;=:\[\]%-]{1,261}$`)
	refName       = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	refSigned     = regexp.MustCompile("^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$")
	refKeyID      = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,128}$`)
	refNonce      = regexp.MustCompile(`^[A-Za-z0-9._~-]{16,128}$`)
	refScopeName  = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	refSHA256     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	refDate       = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z$`)
	refExpires    = regexp.MustCompile(`^[1-9][0-9]{0,2}$`) // the cap is 900
	refAuthorized = regexp.MustCompile(`^(CS4|AWS4)-HMAC-SHA256 Credential=([^,]*), ?SignedHeaders=([^,]*), ?Signature=([^,]*)$`)
	refPrefixed   = regexp.MustCompile(`^(?i)(x-amz-|x-countersign-)`)
)

var (
	refNeverSigned = []string{"authorization", "connection", "expect", "trailer", "transfer-encoding"}
	refOverrides   = []string{"x-http-method", "x-http-method-override", "x-method-override"}
	refContent     = []string{"content-type", "content-encoding"}
	refSingle      = append([]string{"host", "authorization", "content-length"}, refContent...)
	// refProtected are the names that no alias may stand for, besides signed and prefixed ones.
	refProtected = slices.Concat(refNeverSigned, refOverrides, refSingle)
)

// refPieces are what a signature says of itself, wherever it stands.
type refPieces struct {
	dialect                               string // "CS4" or "AWS4"
	credential, date, hash, signedHeaders string
	nonce                                 *string // nil: there is none
	signature                             string
	presigned                             bool
}

// refAdmits reports whether no rule refuses w, whose values are as an HTTP library hands them on:
// HTTP/1.1's has taken the spaces around them off.
func refAdmits(w wire, rules refRules) bool {
	if !refMethod.MatchString(w.method) || !refHost.MatchString(w.host) || refRefusesTarget(w.target, rules) || refRefusesLines(w) {
		return false
	}
	_, query, _ := strings.Cut(w.target, "?")
	reserved := 0
	for _, pair := range refPairs(query) {
		if refPrefixed.MatchString(pair[0]) {
			reserved++
		}
	}
	authorization := refLines(w, "authorization")
	var p refPieces
	var ok bool
	switch {
	case len(authorization) > 0 && reserved > 0:
		return false
	case len(authorization) > 0:
		p, ok = refHeaderPieces(w, authorization[0])
	default:
		p, ok = refQueryPieces(w, query)
	}
	return ok && refAdmitsPieces(p, rules) && refAdmitsNames(w, p, rules)
}

func refRefusesTarget(target string, rules refRules) bool {
	path, query, _ := strings.Cut(target, "?")
	if len(target) > 16<<10 || !refTarget.MatchString(target) || strings.ContainsAny(target, `#\`) {
		return true
	}
	badEscapes := func(text string) bool {
		return strings.Contains(escape.ReplaceAllString(text, ""), "%") || strings.Contains(text, "%00")
	}
	upper := strings.ToUpper(path)
	if badEscapes(path) || !utf8.ValidString(refDecode(path)) ||
		!rules.encodedSlash && (strings.Contains(upper, "%2F") || strings.Contains(upper, "%5C")) {
		return true
	}
	segments := strings.Split(strings.ReplaceAll(refDecode(path), `\`, "/"), "/")[1:]
	for i, segment := range segments {
		name, _, _ := strings.Cut(segment, ";")
		if name == "." || name == ".." || name == "" && (i < len(segments)-1 || segment != "") {
			return true
		}
	}
	if query == "" {
		return false
	}
	pairs := strings.Split(query, "&")
	if len(pairs) > 256 || strings.Contains(query, ";") || badEscapes(query) {
		return true
	}
	return slices.ContainsFunc(pairs, func(pair string) bool {
		name, value, _ := strings.Cut(pair, "=")
		return name == "" || !utf8.ValidString(refDecode(name)) || !utf8.ValidString(refDecode(value))
	})
}

// refRefusesLines applies what holds of header lines whatever is signed.
func refRefusesLines(w wire) bool {
	size := 0
	for _, h := range w.headers {
		name, value := strings.ToLower(h.name), h.value
		size += len(name) + len(value)
		switch {
		case !refName.MatchString(name), name == "trailer":
			return true
		case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }):
			return true
		case (slices.Contains(refSingle, name) || refPrefixed.MatchString(name)) && len(refLines(w, name)) > 1:
			return true
		case name == "host" && value != w.host:
			return true
		case strings.HasPrefix(name, "x-countersign-") && !slices.Contains([]string{"date", "nonce", "content-sha256"}, name[len("x-countersign-"):]):
			return true
		}
	}
	return len(w.headers) > 100 || size > 32<<10
}

// refLines returns the values of a header's lines.
func refLines(w wire, name string) (values []string) {
	for _, h := range w.headers {
		if strings.ToLower(h.name) == name {
			values = append(values, h.value)
		}
	}
	return values
}

func refHeaderPieces(w wire, authorization string) (p refPieces, ok bool) {
	fields := refAuthorized.FindStringSubmatch(authorization)
	if fields == nil {
		return p, false
	}
	p = refPieces{dialect: fields[1], credential: fields[2], signedHeaders: fields[3], signature: fields[4]}
	ours, other := "x-countersign-", "x-amz-"
	if p.dialect == "AWS4" {
		ours, other = other, ours
	}
	for _, name := range []string{"date", "nonce", "content-sha256"} {
		if len(refLines(w, other+name)) > 0 {
			return p, false
		}
		for _, value := range refLines(w, ours+name) {
			switch {
			case name == "date":
				p.date = value
			case name == "nonce":
				p.nonce = &value
			case value == "":
				return p, false
			default:
				p.hash = value
			}
		}
	}
	return p, true
}

func refQueryPieces(w wire, query string) (p refPieces, ok bool) {
	for _, prefix := range []string{"x-countersign-", "x-amz-"} {
		for _, name := range []string{"date", "nonce", "content-sha256"} {
			if len(refLines(w, prefix+name)) > 0 {
				return p, false
			}
		}
	}
	p.presigned = true
	values, prefix := map[string]string{}, ""
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plain := refDecode(strings.ReplaceAll(name, "+", " "))
		if !refPrefixed.MatchString(plain) {
			continue
		}
		if prefix == "" {
			prefix = map[string]string{"x-a": "X-Amz-", "x-c": "X-Countersign-"}[strings.ToLower(plain[:3])]
		}
		if _, again := values[name]; again || plain != name || !strings.HasPrefix(name, prefix) {
			return p, false
		}
		values[name] = refDecode(strings.ReplaceAll(value, "+", " "))
	}
	if prefix == "" {
		return p, false
	}
	defined := []string{"Algorithm", "Credential", "Date", "Nonce", "Expires", "SignedHeaders", "Signature", "Content-Sha256"}
	for name := range values {
		behind := strings.TrimPrefix(name, prefix)
		known := slices.ContainsFunc(defined, func(defined string) bool { return strings.EqualFold(defined, behind) })
		if known && !slices.Contains(defined, behind) || !known && prefix == "X-Countersign-" {
			return p, false
		}
	}
	p.dialect = map[string]string{"X-Amz-": "AWS4", "X-Countersign-": "CS4"}[prefix]
	if nonce, sent := values[prefix+"Nonce"]; sent {
		p.nonce = &nonce
	}
	hash, hashed := values[prefix+"Content-Sha256"]
	p.credential, p.date, p.hash = values[prefix+"Credential"], values[prefix+"Date"], hash
	p.signedHeaders, p.signature = values[prefix+"SignedHeaders"], values[prefix+"Signature"]
	expires := values[prefix+"Expires"]
	return p, values[prefix+"Algorithm"] == p.dialect+"-HMAC-SHA256" && (!hashed || hash != "") &&
		refExpires.MatchString(expires) && (len(expires) < 3 || expires <= "900")
}

// refAdmitsPieces looks at each piece by itself.
func refAdmitsPieces(p refPieces, rules refRules) bool {
	if !refAdmitsCredential(p) {
		return false
	}
	_, err := time.Parse("20060102T150405Z", p.date)
	if err != nil || !refDate.MatchString(p.date) || p.date[:8] != strings.Split(p.credential, "/")[1] {
		return false
	}
	if p.nonce == nil && !(rules.signatureNonce && p.dialect == "AWS4") || p.nonce != nil && !refNonce.MatchString(*p.nonce) {
		return false
	}
	return refSHA256.MatchString(p.signature) && (p.hash == "" || p.hash == "UNSIGNED-PAYLOAD" || refSHA256.MatchString(p.hash))
}

func refAdmitsCredential(p refPieces) bool {
	parts := strings.Split(p.credential, "/")
	if len(parts) != 5 {
		return false
	}
	_, err := time.Parse("20060102", parts[1])
	return err == nil && refAdmitsKeyID(parts[0]) && refScopeName.MatchString(parts[2]) && refAdmitsService(parts[3]) &&
		parts[4] == strings.ToLower(p.dialect)+"_request"
}

func refAdmitsKeyID(id string) bool {
	return refKeyID.MatchString(id) && id != "." && id != ".." && !strings.HasPrefix(id, "cs_")
}

func refAdmitsService(service string) bool {
	return refScopeName.MatchString(service) && !strings.HasPrefix(service, "s3")
}

// refAdmitsNames looks at what is signed, and at what should be.
func refAdmitsNames(w wire, p refPieces, rules refRules) bool {
	signed := strings.Split(p.signedHeaders, ";")
	if len(signed) > 64 || !slices.IsSorted(signed) || len(slices.Compact(slices.Clone(signed))) != len(signed) || !slices.Contains(signed, "host") {
		return false
	}
	for _, name := range signed {
		if !refSigned.MatchString(name) || slices.Contains(refNeverSigned, name) || name != "host" && len(refLines(w, name)) == 0 {
			return false
		}
	}
	ours := map[string]string{"CS4": "x-countersign-", "AWS4": "x-amz-"}[p.dialect]
	if !p.presigned && !slices.Contains(signed, ours+"date") {
		return false
	}
	var options []string
	for _, h := range w.headers {
		name := strings.ToLower(h.name)
		must := strings.HasPrefix(name, ours) && name != "x-amz-cf-id" || slices.Contains(refOverrides, name) ||
			p.dialect == "CS4" && slices.Contains(refContent, name)
		if must && !slices.Contains(signed, name) || refIsAlias(name, signed) {
			return false
		}
		if name == "connection" {
			options = append(options, strings.Split(h.value, ",")...)
		}
	}
	for _, option := range options {
		option = strings.ToLower(strings.Trim(option, " \t"))
		if option == "authorization" || refPrefixed.MatchString(option) || slices.Contains(signed, option) {
			return false
		}
	}
	return len(options) <= 64
}

var refNeither = regexp.MustCompile(`[^a-z0-9]`)

// refIsAlias reports whether a header's name stands for another one that matters. SPEC §4.4.
func refIsAlias(name string, signed []string) bool {
	plain := refNeither.ReplaceAllString(name, "-")
	if plain != name && (refPrefixed.MatchString(plain) || slices.Contains(refProtected, plain)) {
		return true
	}
	return slices.ContainsFunc(signed, func(s string) bool { return s != name && refNeither.ReplaceAllString(s, "-") == plain })
}

// received returns w as net/http hands an HTTP/1.1 request on.
func (w wire) received() wire {
	w = w.clone()
	for i, h := range w.headers {
		w.headers[i].value = strings.Trim(h.value, " \t")
	}
	return w
}

// inMIMEForm reports whether every name is written as net/http keeps it: the package takes no other.
func inMIMEForm(w wire) bool {
	return !slices.ContainsFunc(w.headers, func(h header) bool { return http.CanonicalHeaderKey(h.name) != h.name })
}
