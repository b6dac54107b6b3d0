package explain

import (
	"fmt"
	"strings"
	"unicode"
)

// printable replaces what is not printable, or not UTF-8, by escapes such as \x1b.
func printable(text string) string {
	var b strings.Builder
	for i, r := range text {
		size := len(string(r))
		switch {
		case r == '�' && !strings.HasPrefix(text[i:], "�"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\t' || r >= ' ' && r < 0x7f || r >= 0xa0 && !formatting(r):
			b.WriteString(text[i : i+size])
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// formatting reports whether r changes how what stands beside it is shown.
func formatting(r rune) bool { return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) }
