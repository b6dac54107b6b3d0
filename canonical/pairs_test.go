package canonical_test

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// This file draws pairs of request-targets so near each other that a canonical form with a flaw is
// likely to make the same of both: the second is the first, changed in the ways in which targets are
// spelled and misspelled.

// pieces are what targets are built of; some are no whole escape, so that edits make and break them.
var pieces = strings.Fields(`% / + & = ; . \ a e z A 2 5 0 F C 2F 5C 2e : @ ~ ? %% .. %2F %2f %5C %5c %2E %2e %25 %61 %41 %20 ` +
	`%26 %3D %3d %3B %2B %3A %C3%A9 %c3%a9 %00 =& a=a a=2 e= &a`)

// spellings are pairs of texts that some part of the world takes for the same.
var spellings = [][2]string{
	{"a", "%61"}, {"e", "%65"}, {"/", "%2F"}, {"%2F", "%2f"}, {"%2f", "%252f"}, {"\\", "%5C"}, {".", "%2E"}, {"%2E", "%2e"},
	{"%", "%25"}, {"+", "%20"}, {"+", "%2B"}, {"=", "%3D"}, {"%3D", "%3d"}, {"&", "%26"}, {";", "%3B"}, {";", "&"}, {"=", ""},
	{"&", ""}, {"/", ""}, {":", "%3A"}, {"~", "%7E"}, {"a", "A"}, {"?", "%3F"},
}

// pairSource draws texts and their neighbours.
type pairSource struct{ *rand.Rand }

func (p pairSource) piece() string { return pieces[p.IntN(len(pieces))] }

// text returns one to most pieces.
func (p pairSource) text(most int) string {
	var text strings.Builder
	for range 1 + p.IntN(most) {
		text.WriteString(p.piece())
	}
	return text.String()
}

// near returns text after one to three edits; it may come out as it was.
func (p pairSource) near(text string) string {
	for range 1 + p.IntN(3) {
		text = p.edit(text)
	}
	return text
}

func (p pairSource) edit(text string) string {
	at := p.IntN(len(text) + 1)
	switch p.IntN(8) {
	case 0: // a piece more
		return text[:at] + p.piece() + text[at:]
	case 1: // a byte less
		if at < len(text) {
			return text[:at] + text[at+1:]
		}
	case 2: // neighbours swapped
		if at+1 < len(text) {
			return text[:at] + text[at+1:at+2] + text[at:at+1] + text[at+2:]
		}
	case 3: // a part doubled
		to := at + p.IntN(len(text)-at+1)
		return text[:to] + text[at:to] + text[to:]
	case 4: // pairs, or segments, in another order
		separator := []string{"&", "/"}[p.IntN(2)]
		parts := strings.Split(text, separator)
		i, j := p.IntN(len(parts)), p.IntN(len(parts))
		parts[i], parts[j] = parts[j], parts[i]
		return strings.Join(parts, separator)
	case 5: // one of them moved to the end, or left out
		parts := strings.Split(text, "&")
		i := p.IntN(len(parts))
		moved := parts[i]
		parts = slices.Delete(parts, i, i+1)
		if p.IntN(2) == 0 {
			parts = append(parts, moved)
		}
		return strings.Join(parts, "&")
	default: // another spelling of a part
		spelling := spellings[p.IntN(len(spellings))]
		from, to := spelling[0], spelling[1]
		if p.IntN(2) == 0 {
			from, to = to, from
		}
		if i := strings.Index(text[at:], from); i >= 0 {
			i += at
			return text[:i] + to + text[i+len(from):]
		}
	}
	return text
}
