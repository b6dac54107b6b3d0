package interop

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/countersign-dev/countersign/canonical"
)

// refusesToSign says why a signer, or the parser of URLs before it, will not sign a request; "" where
// it will.
func refusesToSign(signer string, r *request) string {
	switch signer {
	case aws4:
		if decoded, ok := decode(r.Target, false); !usualInAWS4.MatchString(r.Target) && (!ok || !utf8.ValidString(decoded)) {
			return "decodeURI refuses escapes that are not UTF-8"
		}
	case awsSDK, httpAuth, minIO:
		target, fragment, _ := strings.Cut(r.Target, "#")
		path, _, _ := strings.Cut(target, "?")
		_, ok1 := decode(path, false)
		_, ok2 := decode(fragment, false)
		if !ok1 || !ok2 {
			return "url.Parse refuses a bad escape"
		}
		hash := announced(r)
		if _, ok := decode(strings.Repeat("%41", len(hash)), false); signer == httpAuth && ok && strings.HasPrefix(hash, "STREAMING-") {
			return "the signer takes the bytes of a hash"
		}
	}
	return ""
}

// usualInAWS4 matches targets that aws4 leaves alone; it decodes others and encodes them again.
var usualInAWS4 = regexp.MustCompile(`^[0-9A-Za-z;,/?:@&=+$\-_.!~*'()#%]*$`)

// alters says how a signer makes another request of what it was asked for, and signs that.
func alters(signer string, r *request) string {
	// What decodeURI leaves escaped, encodeURI escapes once more.
	reserved := regexp.MustCompile(`(?i)%(3b|2f|3f|3a|40|26|3d|2b|24|2c|23)`)
	if signer == aws4 && !usualInAWS4.MatchString(r.Target) && reserved.MatchString(r.Target) {
		return "escapes of reserved characters are escaped twice beside a raw character that should be escaped"
	}
	if (signer == smithy || signer == aws4fetch) && strings.HasSuffix(r.Target, " ") {
		return "the parser of URLs drops spaces at the end"
	}
	return ""
}

func announced(r *request) string {
	return strings.Join((&message{Header: r.Header}).values("x-amz-content-sha256"), "")
}

// disagreements are the ways in which a signer writes another canonical request than SPEC.md for what
// it sends, so that its signature does not match.
func disagreements(signer string, r *request, m *message) (rules []refusal) {
	add := func(rule string) {
		rules = append(rules, refusal{canonical.SignatureMismatch, signer + ": " + rule, false})
	}
	if r.Method != strings.ToUpper(r.Method) && inNode(signer) && sendsOtherMethod(signer, r.Method) {
		add("4 the method is sent in another case than it was signed in")
	}
	for _, name := range m.signedNames(r.Presign) {
		values := m.values(name)
		for _, value := range values {
			for _, rule := range valueDisagreements(signer, value) {
				add(rule)
			}
		}
		if joined := strings.Join(values, ","); signer == aws4 && len(values) > 1 && canonicalValue([]string{joined}) != canonicalValue(values) {
			add("4.4 spaces around the comma between two lines are kept")
		}
	}
	for i, line := range r.Header {
		earlier := &message{Header: r.Header[:i]}
		later := &message{Header: r.Header[i+1:]}
		name := strings.ToLower(line[0])
		if signer == aws4fetch && strings.Trim(line[1], " \t") == "" && len(earlier.values(name)) > 0 && len(later.values(name)) == 0 {
			add("4.4 the space behind the comma before an empty last line is kept")
		}
	}
	_, query, _ := strings.Cut(m.Target, "?")
	if signer == smithy {
		for pair := range strings.SplitSeq(query, "&") {
			if query != "" && !strings.Contains(pair, "=") {
				add("4.3 a parameter without a value is not signed")
			}
		}
	}
	if signer == httpAuth && sortsOtherwise(m, r.Presign) {
		add("4.3 parameters are sorted as they are when decoded")
	}
	return rules
}

// sendsOtherMethod: Node's http module sends upper case, whatever was signed; aws4fetch signs upper
// case, and fetch sends only the methods in upper case that it names.
func sendsOtherMethod(signer, method string) bool {
	if signer != aws4fetch {
		return true
	}
	return !slices.Contains([]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}, strings.ToUpper(method))
}

func valueDisagreements(signer, value string) (rules []string) {
	trimmed := strings.Trim(value, " \t")
	if inNode(signer) {
		if strings.Contains(trimmed, "\t") {
			rules = append(rules, "4.4 a tab inside a value becomes a space")
		}
		if strings.ContainsFunc(trimmed, func(r rune) bool { return r >= utf8.RuneSelf }) {
			rules = append(rules, "4.4 a value is signed as UTF-8 and sent as Latin-1")
		}
	} else if strings.TrimFunc(trimmed, unicode.IsSpace) != trimmed {
		rules = append(rules, "4.4 spaces beyond ASCII are trimmed, and sent")
	}
	if signer == httpAuth && strings.Contains(trimmed, "  ") {
		rules = append(rules, "4.4 runs of spaces are kept")
	}
	return rules
}

// canonicalValue is SPEC §4.4's.
func canonicalValue(values []string) string {
	runs := regexp.MustCompile(` {2,}`)
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = runs.ReplaceAllString(strings.Trim(value, " \t"), " ")
	}
	return strings.Join(list, ",")
}

// sortsOtherwise reports whether sorting parameters decoded gives a canonical query of another order
// than sorting them encoded, and one that no as-sent form (SPEC §4.6) stands for either.
func sortsOtherwise(m *message, presign bool) bool {
	path, query, _ := strings.Cut(m.Target, "?")
	list := parameters(query)
	list = slices.DeleteFunc(list, func(p parameter) bool { return presign && p.name == "X-Amz-Signature" })
	slices.SortFunc(list, func(a, b parameter) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value))
	})
	signed := write(list)
	slices.SortFunc(list, func(a, b parameter) int {
		return cmp.Or(cmp.Compare(encode(a.name), encode(b.name)), cmp.Compare(encode(a.value), encode(b.value)))
	})
	asSent := !presign && encode(strings.ReplaceAll(path, "/", "")) == strings.ReplaceAll(path, "/", "") && query == signed
	return signed != write(list) && !asSent
}

func write(list []parameter) string {
	pairs := make([]string, len(list))
	for i, p := range list {
		pairs[i] = encode(p.name) + "=" + encode(p.value)
	}
	return strings.Join(pairs, "&")
}

// behindSignature returns what a verifier refuses once the signature has matched.
func behindSignature(r *request, m *message) []refusal {
	switch hash := m.payloadHash(r.Presign); hash {
	case "", hashOf(r.Body):
		return nil
	case "UNSIGNED-PAYLOAD":
		return []refusal{{canonical.UnsignedPayload, "3.7 UNSIGNED-PAYLOAD is not allowed", false}}
	default:
		return []refusal{{canonical.BodyMismatch, "3.7 not the hash of the body", false}}
	}
}

// foretell returns the refusals of which a verifier must report one; none where it must accept.
func foretell(signer string, r *request, m *message) []refusal {
	for _, list := range [][]refusal{refusals(m, r.Presign), disagreements(signer, r, m), behindSignature(r, m)} {
		if len(list) > 0 {
			return list
		}
	}
	return nil
}
