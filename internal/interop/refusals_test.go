package interop

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/countersign-dev/countersign/canonical"
)

// refusal is a refusal foretold: the reason, the rule behind it, and whether net/http, which answers
// 400 before any handler, comes first.
type refusal struct {
	reason  canonical.Reason
	rule    string
	netHTTP bool
}

// refusals returns every rule of SPEC.md that a message breaks and a verifier looks at before it
// compares signatures. Which of several is reported is not specified (SPEC §9).
func refusals(m *message, presign bool) []refusal {
	path, query, _ := strings.Cut(m.Target, "?")
	broken := brokenTarget(m.Target)
	broken = append(broken, brokenPath(path)...)
	broken = append(broken, brokenQuery(query)...)
	broken = append(broken, brokenParameters(query, presign)...)
	return append(broken, brokenHeaders(m, presign)...)
}

func brokenTarget(target string) (broken []refusal) {
	for i := range len(target) {
		if c := target[i]; c <= ' ' {
			broken = append(broken, refusal{canonical.BadTarget, "4.1 a space in the request line", true})
		} else if c > '~' || c == '#' || c == '\\' {
			broken = append(broken, refusal{canonical.BadTarget, "4.1 only %x21-7E, neither # nor \\", false})
		}
	}
	return broken
}

func brokenPath(path string) (broken []refusal) {
	add := func(rule string) { broken = append(broken, refusal{canonical.BadPath, rule, false}) }
	decoded, ok := decode(path, false)
	if !ok {
		return []refusal{{canonical.BadPath, "4.2 bad escape", true}}
	}
	lower := strings.ToLower(path)
	if strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") {
		add("4.2 escaped / or \\")
	}
	if strings.Contains(lower, "%00") {
		add("4.2 %00")
	}
	if !utf8.ValidString(decoded) {
		add("4.2 not UTF-8")
	}
	segments := strings.Split(strings.ReplaceAll(decoded, `\`, "/"), "/")[1:]
	for i, segment := range segments {
		name, _, _ := strings.Cut(segment, ";")
		if last := i == len(segments)-1; name == "." || name == ".." || name == "" && !(last && segment == "") {
			add("4.2 empty, . or .. segment")
		}
	}
	return broken
}

func brokenQuery(query string) (broken []refusal) {
	if query == "" {
		return nil
	}
	add := func(rule string) { broken = append(broken, refusal{canonical.BadQuery, rule, false}) }
	if strings.Count(query, "&") >= 256 {
		broken = append(broken, refusal{canonical.LimitExceeded, "8 at most 256 parameters", false})
	}
	if strings.Contains(query, ";") {
		add("4.3 raw ;")
	}
	if strings.Contains(query, "%00") {
		add("4.3 %00")
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plainName, ok1 := decode(name, true)
		plainValue, ok2 := decode(value, true)
		switch {
		case pair == "":
			add("4.3 empty pair")
		case name == "":
			add("4.3 empty name")
		case !ok1 || !ok2:
			add("4.3 bad escape")
		case !utf8.ValidString(plainName) || !utf8.ValidString(plainValue):
			add("4.3 not UTF-8")
		}
	}
	return broken
}

// brokenParameters applies the rules for names with a dialect's prefix.
func brokenParameters(query string, presign bool) (broken []refusal) {
	ours := []string{"Algorithm", "Credential", "Date", "Nonce", "Expires", "SignedHeaders", "Content-Sha256", "Signature"}
	times := map[string]int{}
	list := parameters(query)
	for _, name := range ours[1:6] {
		if presign && !slices.ContainsFunc(list, func(p parameter) bool { return p.name == "X-Amz-"+name }) {
			broken = append(broken, refusal{canonical.MissingHeader, "5.2 a parameter is missing", false})
		}
	}
	if query == "" {
		return broken
	}
	for pair := range strings.SplitSeq(query, "&") {
		raw, _, _ := strings.Cut(pair, "=")
		name, _ := decode(raw, true)
		lower := strings.ToLower(name)
		countersign := strings.HasPrefix(lower, "x-countersign-")
		if !countersign && !strings.HasPrefix(lower, "x-amz-") {
			continue
		}
		times[name]++
		rest, exact := strings.CutPrefix(raw, "X-Amz-")
		alike := slices.IndexFunc(ours, func(of string) bool { return strings.EqualFold(of, rest) })
		switch {
		case !presign:
			broken = append(broken, refusal{canonical.MixedModes, "5.1 a presigned parameter in header mode", false})
		case countersign:
			broken = append(broken, refusal{canonical.MixedModes, "2 a parameter of the other dialect", false})
			broken = append(broken, refusal{canonical.BadQuery, "5.2 spelling", false})
		case !exact || strings.ContainsAny(rest, "%+") || alike >= 0 && ours[alike] != rest:
			broken = append(broken, refusal{canonical.BadQuery, "5.2 spelling", false})
		case times[name] > 1:
			broken = append(broken, refusal{canonical.BadQuery, "5.2 a repeated parameter", false})
		}
	}
	return broken
}
