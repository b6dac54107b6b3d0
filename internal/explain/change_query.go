package explain

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// queryChanges are about the query.
var queryChanges = []change{
	{"query-as-sent", func(s *signed, c *circumstances) string {
		s.query = rawQuery(c)
		return "the signer wrote the query as sent: sort its parameters and encode them by the rule, before sending too if the signer cannot"
	}},
	{"query-left-out", func(s *signed, _ *circumstances) string {
		s.query = ""
		return "the signer left the query out: sign the target that is sent, its query too"
	}},
	{"query-unsorted", func(s *signed, c *circumstances) string {
		s.query = encodedQuery(c, decodePlus)
		return "the signer did not sort the query: sort the encoded parameters by name, then value"
	}},
	{"query-sorted-as-sent", func(s *signed, c *circumstances) string {
		s.query = joinSorted(pairs(c))
		return "the signer sorted the query and did not encode it anew: decode each name and value, encode them by the rule, and sort"
	}},
	{"query-plus-literal", func(s *signed, c *circumstances) string {
		s.query = joinSorted(strings.Split(encodedQuery(c, keepPlus), "&"))
		return "the signer took + in the query for a plus sign (%2B), and it stands for a space: send %20 for a space and %2B for a plus sign"
	}},
	{"query-space-as-plus", func(s *signed, _ *circumstances) string {
		s.query = strings.ReplaceAll(s.query, "%20", "+")
		return "the signer wrote + for a space in the canonical query: write %20"
	}},
	{"query-without-equals", func(s *signed, _ *circumstances) string {
		list := strings.Split(s.query, "&")
		for i := range list {
			list[i] = strings.TrimSuffix(list[i], "=")
		}
		s.query = strings.Join(list, "&")
		return "the signer wrote a parameter without a value without its =: write name= for it"
	}},
}

func rawQuery(c *circumstances) string {
	_, query, _ := strings.Cut(c.in.Message.Target, "?")
	return query
}

// pairs returns the pairs of the query as sent, but for the signature of a presigned request.
func pairs(c *circumstances) []string {
	if rawQuery(c) == "" {
		return nil
	}
	signature := c.request.Dialect.Names().HeaderPrefix + "Signature="
	return slices.DeleteFunc(strings.Split(rawQuery(c), "&"), func(pair string) bool {
		return strings.HasPrefix(pair, signature)
	})
}

// joinSorted sorts by name, then value, which is not the order of the whole pairs: "-" sorts before
// the "=".
func joinSorted(pairs []string) string {
	slices.SortFunc(pairs, func(a, b string) int {
		nameA, valueA, _ := strings.Cut(a, "=")
		nameB, valueB, _ := strings.Cut(b, "=")
		return cmp.Or(strings.Compare(nameA, nameB), strings.Compare(valueA, valueB))
	})
	return strings.Join(pairs, "&")
}

func decodePlus(text string) string { return strings.ReplaceAll(text, "+", " ") }
func keepPlus(text string) string   { return text }

// encodedQuery returns the pairs in the order of the wire, each encoded by the rule but for what
// plus makes of a "+". The parser has checked the escapes.
func encodedQuery(c *circumstances, plus func(string) string) string {
	list := pairs(c)
	for i, pair := range list {
		name, value, _ := strings.Cut(pair, "=")
		list[i] = encodeAgain(plus(name)) + "=" + encodeAgain(plus(value))
	}
	return strings.Join(list, "&")
}

func encodeAgain(text string) string {
	plain, err := url.PathUnescape(text)
	if err != nil {
		plain = text
	}
	return encode(plain, "")
}
