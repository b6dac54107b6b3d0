package explain

import (
	"fmt"
	"strings"
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
func formatting(r rune) bool {
	return r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff
}
