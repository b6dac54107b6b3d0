package filekeys

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// layout tells in which lines of a key file's text its records and secrets stand. Lines count from
// 0 here; a span's end is the line after its last, and leaves out comments and blank lines that
// follow, because they speak of what comes next.
type layout struct {
	lines   []string // with their line ends
	records []element
}

// element is an element of a block list of mappings: a record, or a secret of one.
type element struct {
	start, end int
	dash       int // columns before its dash
	pairs      []*ast.MappingValueNode
	secrets    []element // a record's
}

// value returns the node of a field's value, or nil.
func (e *element) value(name string) ast.Node {
	for _, pair := range e.pairs {
		if fieldName(pair) == name {
			return pair.Value
		}
	}
	return nil
}

// layoutOf returns the layout of a document that parse has accepted. ok is false where it is not in
// block style, which every file is but those that someone wrote otherwise by hand.
func layoutOf(doc document, text string) (l layout, ok bool) {
	l.lines = strings.SplitAfter(text, "\n")
	if last := len(l.lines) - 1; l.lines[last] == "" {
		l.lines = l.lines[:last]
	} else {
		l.lines[last] += "\n"
	}
	top, _ := pairsOf(doc.root)
	if l.records, ok = l.list(top, "keys", len(l.lines)); !ok {
		return layout{}, false
	}
	for i := range l.records {
		record := &l.records[i]
		if record.secrets, ok = l.list(record.pairs, "secrets", record.end); !ok {
			return layout{}, false
		}
	}
	return l, true
}

// list lays out the block list of mappings that is the field name of a mapping, which ends before
// the line limit.
func (l *layout) list(pairs []*ast.MappingValueNode, name string, limit int) ([]element, bool) {
	at := slices.IndexFunc(pairs, func(pair *ast.MappingValueNode) bool { return fieldName(pair) == name })
	if at < 0 {
		return nil, false
	}
	if at+1 < len(pairs) {
		limit = pairs[at+1].Key.GetToken().Position.Line - 1
	}
	sequence, ok := pairs[at].Value.(*ast.SequenceNode)
	if !ok || sequence.IsFlowStyle || len(sequence.Values) == 0 || len(sequence.Entries) != len(sequence.Values) {
		return nil, false
	}
	elements := make([]element, len(sequence.Values))
	for i, value := range sequence.Values {
		if mapping, ok := value.(*ast.MappingNode); ok && mapping.IsFlowStyle {
			return nil, false
		}
		end := limit
		if i+1 < len(elements) {
			end = sequence.Entries[i+1].Start.Position.Line - 1
		}
		place := sequence.Entries[i].Start.Position
		if end > len(l.lines) || place.Line > end {
			return nil, false
		}
		elements[i] = element{start: place.Line - 1, end: l.trimmed(end), dash: place.Column - 1}
		elements[i].pairs, _ = pairsOf(value)
	}
	return elements, true
}

// trimmed returns the end of what stands before the line end, without trailing blank lines,
// comments and the document's end marker.
func (l *layout) trimmed(end int) int {
	for end > 0 {
		line := strings.TrimSpace(l.lines[end-1])
		if line != "" && line != "..." && !strings.HasPrefix(line, "#") {
			break
		}
		end--
	}
	return end
}
