package explain

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// queryChanges are about the query.
var queryChanges = []change{
	{"query-as-sent", func(s *signed, c *circumstances) cause {
		s.query = rawQuery(c)
		return cause{"the signer wrote the query as sent", atClient, "sort its parameters and encode them by the rule, before sending too if the signer cannot"}
	}},
	{"query-left-out", func(s *signed, _ *circumstances) cause {
		s.query = ""
		return cause{"the query was left out of what was signed", atEither, "sign the target that is sent, its query too, and have no hop add parameters"}
	}},
	{"query-unsorted", func(s *signed, c *circumstances) cause {
		s.query = encodedQuery(c, decodePlus)
		return cause{"the signer did not sort the query", atClient, "sort the encoded parameters by name, then value"}
	}},
	{"query-sorted-as-pairs", func(s *signed, c *circumstances) cause {
		list := strings.Split(encodedQuery(c, decodePlus), "&")
		slices.Sort(list)
		s.query = strings.Join(list, "&")
		return cause{"the signer sorted the query by whole pairs", atClient, "sort by name first, then value: in pairs the = takes part"}
	}},
	{"query-sorted-as-sent", func(s *signed, c *circumstances) cause {
		s.query = joinSorted(pairs(c))
		return cause{"the signer sorted the query and did not encode it anew", atClient, "decode each name and value, encode them by the rule, and sort"}
	}},
	{"query-decoded", func(s *signed, c *circumstances) cause {
		plain, err := url.QueryUnescape(s.query)
		if err != nil {
			return cause{}
		}
		s.query = plain
		return cause{"the signer wrote the query decoded", atClient, "encode each name and value by the rule"}
	}},
	{"query-encoded-twice", func(s *signed, _ *circumstances) cause {
		s.query = encode(s.query, "=&")
		return cause{"the signer encoded the query twice", atClient, "encode names and values once, unlike the path"}
	}},
	{"query-lower-case-escapes", func(s *signed, _ *circumstances) cause {
		s.query = escapes.ReplaceAllStringFunc(s.query, strings.ToLower)
		return cause{"the signer percent-encoded the query with lower-case digits", atClient, "use upper-case hexadecimal digits"}
	}},
	{"query-plus-literal", func(s *signed, c *circumstances) cause {
		s.query = joinSorted(strings.Split(encodedQuery(c, keepPlus), "&"))
		return cause{"the signer took + in the query for a plus sign (%2B), and it stands for a space", atClient, "send %20 for a space and %2B for a plus sign"}
	}},
	{"query-space-as-plus", func(s *signed, _ *circumstances) cause {
		s.query = strings.ReplaceAll(s.query, "%20", "+")
		return cause{"the signer wrote + for a space in the canonical query", atClient, "write %20"}
	}},
	{"query-without-equals", func(s *signed, _ *circumstances) cause {
		list := strings.Split(s.query, "&")
		for i := range list {
			list[i] = strings.TrimSuffix(list[i], "=")
		}
		s.query = strings.Join(list, "&")
		return cause{"the signer wrote a parameter without a value without its =", atClient, "write name= for it"}
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
