package canonical

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// parameter is one name=value pair, percent-encoded again, as offsets into the query's encoded
// bytes: the name ends at the "=".
type parameter struct{ start, equals, end int }

// query is a parsed query string. Its slices are reused from request to request.
type query struct {
	raw        string
	encoded    []byte // name=value pairs in wire order, each followed by "&"
	parameters []parameter
	reserved   []reserved
	plain      []byte // scratch space: what is being decoded
}

// reserved is a parameter whose decoded name begins, in any case, with a dialect's prefix. Such
// names belong to presigned requests alone. SPEC §5.2.
type reserved struct {
	dialect   Dialect
	name, raw string // as sent
}

func (q *query) reset() {
	clear(q.reserved) // nothing of a message stays alive
	q.raw, q.encoded, q.parameters, q.reserved = "", q.encoded[:0], q.parameters[:0], q.reserved[:0]
}

// parse splits, decodes and encodes raw again. SPEC §4.3. Go's url.Query would silently drop pairs
// that hold ";" or a bad escape, and with them what the signer never saw.
func (q *query) parse(raw string, limit int) error {
	q.raw = raw
	for rest, more := raw, raw != ""; more; {
		var pair string
		pair, rest, more = cutByte(rest, '&')
		if len(q.parameters) == limit {
			return refuse(LimitExceeded, "the query holds too many parameters")
		}
		if err := q.add(pair); err != nil {
			return err
		}
	}
	return nil
}

func (q *query) add(pair string) error {
	if pair == "" {
		return refuse(BadQuery, "the query holds an empty pair (&&, or an & at an end)")
	}
	name, value, _ := cutByte(pair, '=')
	if name == "" {
		return refuse(BadQuery, "the query holds a pair without a name")
	}
	p := parameter{start: len(q.encoded)}
	if err := q.encode(name); err != nil {
		return err
	}
	p.equals = len(q.encoded)
	if d := dialectOfParameter(q.plain); d != 0 {
		q.reserved = append(q.reserved, reserved{dialect: d, name: name, raw: value})
	}
	q.encoded = append(q.encoded, '=')
	if err := q.encode(value); err != nil {
		return err
	}
	p.end = len(q.encoded)
	q.encoded = append(q.encoded, '&')
	q.parameters = append(q.parameters, p)
	return nil
}

// encode decodes s and appends it encoded again.
func (q *query) encode(s string) error {
	ascii := true
	q.plain = q.plain[:0]
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case ';':
			return refuse(BadQuery, "the query holds a raw ;: write %3B")
		case '+':
			c = ' '
		case '%':
			b, ok := unescape(s, i)
			if !ok {
				return refuse(BadQuery, "the query holds a % that no two hex digits follow")
			}
			if b == 0 {
				return refuse(BadQuery, "the query holds %00")
			}
			c = b
			i += 2
		}
		ascii = ascii && c < utf8.RuneSelf
		q.plain = append(q.plain, c)
		if unreserved[c] {
			q.encoded = append(q.encoded, c)
		} else {
			q.encoded = appendEscaped(q.encoded, c)
		}
	}
	if !ascii && !utf8.Valid(q.plain) {
		return refuse(BadQuery, "the query is not UTF-8 once decoded")
	}
	return nil
}

// dialectOfParameter returns the dialect with whose prefix, in any case, a decoded name begins,
// or 0.
func dialectOfParameter(name []byte) Dialect {
	for d := CS4; d <= AWS4; d++ {
		prefix := dialects[d].HeaderPrefix
		if len(name) >= len(prefix) && name[0]|0x20 == 'x' && bytes.EqualFold(name[:len(prefix)], []byte(prefix)) {
			return d
		}
	}
	return 0
}

// name returns the encoded name of a parameter.
func (q *query) name(p parameter) []byte { return q.encoded[p.start:p.equals] }

// value returns the encoded value of a parameter.
func (q *query) value(p parameter) []byte { return q.encoded[p.equals+1 : p.end] }

func (q *query) compare(a, b parameter) int {
	if order := bytes.Compare(q.name(a), q.name(b)); order != 0 {
		return order
	}
	return bytes.Compare(q.value(a), q.value(b))
}

// appendCanonical appends the canonical query: the pairs sorted by encoded name, then value,
// without the one named omit.
func (q *query) appendCanonical(dst []byte, omit string) []byte {
	if !slices.IsSortedFunc(q.parameters, q.compare) {
		slices.SortFunc(q.parameters, q.compare)
	}
	first := true
	for _, p := range q.parameters {
		if omit != "" && string(q.name(p)) == omit {
			continue
		}
		if !first {
			dst = append(dst, '&')
		}
		first = false
		dst = append(dst, q.encoded[p.start:p.end]...)
	}
	return dst
}
