package canonical

import "strings"

// byteSet is a set of bytes.
type byteSet [256]bool

func setOf(ranges string, singles string) *byteSet {
	var set byteSet
	for i := 0; i+1 < len(ranges); i += 2 {
		for c := int(ranges[i]); c <= int(ranges[i+1]); c++ {
			set[c] = true
		}
	}
	for i := 0; i < len(singles); i++ {
		set[singles[i]] = true
	}
	return &set
}

var (
	// unreserved is RFC 3986's: what percent-encoding leaves alone. SPEC §1.1.
	unreserved = setOf("AZaz09", "-._~")
	// token is RFC 9110's: header names and methods.
	token = setOf("AZaz09", "!#$%&'*+-.^_`|~")
	// lowerToken is what a name in SignedHeaders is made of.
	lowerToken = setOf("az09", "!#$%&'*+-.^_`|~")
	// scopeText is what a region or service is made of.
	scopeText = setOf("az09", "-")
	hexLower  = setOf("09af", "")
	// hostText is what a host is made of. SPEC §4.4.
	hostText     = setOf("AZaz09", "-._~!$&'()*+,;=:[]%")
	alphanumeric = setOf("AZaz09", "")
	// printable is ASCII from "!" to "~": no space.
	printable = setOf("!~", "")
)

// only reports whether s has between least and most bytes, all of them in set.
func (set *byteSet) only(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !set[s[i]] {
			return false
		}
	}
	return true
}

// ValidKeyID reports whether id fits the grammar of key ids: 1 to 128 unreserved characters, neither
// "." nor "..", and not beginning with "cs_", as a secret that was put in its place does: key ids are
// sent and logged. SPEC §3.3.
func ValidKeyID(id string) bool {
	return unreserved.only(id, 1, 128) && id != "." && id != ".." && !strings.HasPrefix(id, "cs_")
}

// ValidNonce reports whether nonce fits the grammar of nonces: 16 to 128 unreserved characters.
// SPEC §3.2.
func ValidNonce(nonce string) bool { return unreserved.only(nonce, 16, 128) }

// validHash reports whether s is a SHA-256 in 64 lower-case hex digits.
func validHash(s string) bool { return hexLower.only(s, 64, 64) }

const hexDigits = "0123456789abcdef"

// appendHex appends src in lower-case hex.
func appendHex(dst []byte, src []byte) []byte {
	for _, b := range src {
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	return dst
}

// cutByte is strings.Cut at a byte, which is found quicker than a string.
func cutByte(s string, at byte) (before, after string, found bool) {
	if i := strings.IndexByte(s, at); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// unhex returns the value of a hex digit of either case, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// appendEscaped appends c percent-encoded, in upper-case hex.
func appendEscaped(dst []byte, c byte) []byte {
	const upper = "0123456789ABCDEF"
	return append(dst, '%', upper[c>>4], upper[c&15])
}

// unescape decodes the escape that starts at s[i] ("%XX"); ok is false for a bad one.
func unescape(s string, i int) (c byte, ok bool) {
	if i+2 >= len(s) {
		return 0, false
	}
	high, low := unhex(s[i+1]), unhex(s[i+2])
	if high < 0 || low < 0 {
		return 0, false
	}
	return byte(high<<4 | low), true
}
