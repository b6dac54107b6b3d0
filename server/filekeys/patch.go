package filekeys

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// patch changes a key file's text so that it holds next in place of current, and leaves everything
// else as it stands, comments and layout included. ok is false where it does not know how. The
// caller parses what comes back and compares: a text that surprised patch is never written.
func patch(path string, data []byte, current, next []Record) (patched []byte, ok bool) {
	doc, err := parseDocument(path, data)
	if err != nil {
		return nil, false
	}
	l, ok := layoutOf(doc, string(data))
	if !ok || len(next) == 0 || len(l.records) != len(current) {
		return nil, false
	}
	known, places := placesOf(current), placesOf(next)
	p := patcher{layout: l}
	for i := range current {
		if at, stays := places[current[i].ID]; !stays {
			p.replace(l.records[i].start, l.records[i].end)
		} else if !current[i].equal(&next[at]) {
			p.record(&l.records[i], &current[i], &next[at])
		}
	}
	last := l.records[len(l.records)-1]
	for i := range next {
		if _, was := known[next[i].ID]; !was {
			p.replace(last.end, last.end, renderRecord(&next[i], last.dash)...)
		}
	}
	return p.apply(), true
}

// placesOf returns where each id stands among records.
func placesOf(records []Record) map[string]int {
	places := make(map[string]int, len(records))
	for i := range records {
		places[records[i].ID] = i
	}
	return places
}

// patcher collects replacements of lines.
type patcher struct {
	layout
	spans []span
}

// span stands in place of the lines from start to before end.
type span struct {
	start, end int
	lines      []string
}

func (p *patcher) replace(start, end int, lines ...string) {
	p.spans = append(p.spans, span{start, end, lines})
}

// record changes what revocation and rotation change in place, and writes anew a record of which
// anything else differs.
func (p *patcher) record(place *element, current, next *Record) {
	mark := len(p.spans)
	if !current.equalButSecrets(next) || !p.disabled(place, current, next) || !p.secrets(place, current, next) {
		p.spans = p.spans[:mark]
		p.replace(place.start, place.end, renderRecord(next, place.dash)...)
	}
}

func (p *patcher) disabled(place *element, current, next *Record) bool {
	if current.Disabled == next.Disabled {
		return true
	}
	text := "false"
	if next.Disabled {
		text = "true"
	}
	return p.set(place, "disabled", text, place.value("environment"))
}

// secrets inserts, removes and ends secrets; it leaves it at that where their order changed.
func (p *patcher) secrets(place *element, current, next *Record) bool {
	at := 0 // in next
	for i := range current.Secrets {
		found := slices.IndexFunc(next.Secrets, func(s Secret) bool { return s.Secret.Equal(current.Secrets[i].Secret) })
		if found < 0 {
			p.replace(place.secrets[i].start, place.secrets[i].end)
			continue
		}
		if found < at {
			return false
		}
		for ; at < found; at++ {
			p.replace(place.secrets[i].start, place.secrets[i].start, renderSecret(next.Secrets[at], place.secrets[i].dash)...)
		}
		at = found + 1
		from, to := current.Secrets[i], next.Secrets[found]
		if !from.NotAfter.Equal(to.NotAfter) && !p.set(&place.secrets[i], "not_after", renderTime(to.NotAfter), nil) {
			return false
		}
	}
	return at > 0 && at == len(next.Secrets)
}

// set gives a field of an element a value: where the field stands, or else in a new line after
// that of the node after, or at the element's end.
func (p *patcher) set(place *element, name, text string, after ast.Node) bool {
	if value := place.value(name); value != nil {
		position := value.GetToken().Position
		line, column := p.lines[position.Line-1], position.Column-1
		old := strings.Trim(value.GetToken().Value, " ")
		for _, quotes := range []string{"", "'", `"`} {
			if quoted := quotes + old + quotes; column < len(line) && strings.HasPrefix(line[column:], quoted) {
				changed := line[:column] + text + line[column+len(quoted):]
				p.replace(position.Line-1, position.Line, strings.TrimRight(changed, "\r\n"))
				return true
			}
		}
		return false
	}
	line := place.end
	if after != nil {
		line = after.GetToken().Position.Line
	}
	indent := firstToken(place.pairs[0]).Position.Column - 1
	p.replace(line, line, strings.Repeat(" ", indent)+name+": "+text)
	return true
}

// apply returns the text with all replacements made.
func (p *patcher) apply() []byte {
	lineEnd := "\n"
	if strings.HasSuffix(p.lines[0], "\r\n") {
		lineEnd = "\r\n"
	}
	slices.SortStableFunc(p.spans, func(a, b span) int { return a.start - b.start })
	var text strings.Builder
	at := 0
	for _, change := range p.spans {
		for ; at < change.start; at++ {
			text.WriteString(p.lines[at])
		}
		for _, line := range change.lines {
			text.WriteString(line + lineEnd)
		}
		at = max(at, change.end)
	}
	for ; at < len(p.lines); at++ {
		text.WriteString(p.lines[at])
	}
	return []byte(text.String())
}
