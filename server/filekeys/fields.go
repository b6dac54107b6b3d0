package filekeys

import (
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// field is one that a mapping may hold.
type field struct {
	name     string
	required bool
	decode   func(ast.Node) error
}

// mapping decodes a mapping whose fields are all known, each at most once.
func (d document) mapping(node ast.Node, of string, fields []field) error {
	pairs, ok := pairsOf(node)
	if !ok {
		return d.failAt(node, "%s must be a mapping with the fields %s", of, names(fields))
	}
	seen := make(map[string]int, len(fields))
	for _, pair := range pairs {
		name, place := fieldName(pair), pair.Key.GetToken()
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if at < 0 {
			return d.fail(place, "%s has a field%s that is unknown: the fields are %s", of, keyrules.PrintableField(name), names(fields))
		}
		if line, twice := seen[name]; twice {
			return d.fail(place, "%s has the field %s twice, first in line %d: remove one", of, name, line)
		}
		seen[name] = place.Position.Line
		if err := fields[at].decode(pair.Value); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if _, present := seen[f.name]; f.required && !present {
			return d.failAt(node, "%s must have the field %s", of, f.name)
		}
	}
	return nil
}

func names(fields []field) string {
	var all []string
	for _, f := range fields {
		all = append(all, f.name)
	}
	return strings.Join(all, ", ")
}

func pairsOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch node := node.(type) {
	case *ast.MappingNode:
		return node.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, true
	}
	return nil, false
}

// fieldName returns the text of a key, or "" for one that is not plain text.
func fieldName(pair *ast.MappingValueNode) string {
	if text, ok := pair.Key.(*ast.StringNode); ok {
		return text.Value
	}
	return ""
}

// list decodes each element of a list.
func (d document) list(node ast.Node, of string, decode func(i int, node ast.Node) error) error {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return d.failAt(node, "%s must be a list", of)
	}
	for i, element := range sequence.Values {
		if err := decode(i, element); err != nil {
			return err
		}
	}
	return nil
}

// text decodes one line of text.
func (d document) text(node ast.Node, of string) (string, error) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, nil
	case *ast.NullNode:
		return "", d.failAt(node, "%s has no value: write one, or remove it", of)
	case *ast.LiteralNode:
		return "", d.failAt(node, "%s must be one line of text, not a block", of)
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
		return "", d.failAt(node, "%s must be text", of)
	}
	return "", d.failAt(node, "%s must be text: put it in quotes", of)
}

// checked decodes one line of text that check accepts.
func (d document) checked(node ast.Node, of string, check func(string) error) (string, error) {
	text, err := d.text(node, of)
	if err != nil {
		return "", err
	}
	if err := check(text); err != nil {
		return "", d.failAt(node, "%v", err)
	}
	return text, nil
}

func (d document) boolean(node ast.Node, of string, into *bool) error {
	value, ok := node.(*ast.BoolNode)
	if !ok {
		return d.failAt(node, "%s must be true or false", of)
	}
	*into = value.Value
	return nil
}

func (d document) instant(node ast.Node, of string, into *time.Time) error {
	text, err := d.text(node, of)
	if err != nil {
		return err
	}
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil || instant.IsZero() {
		return d.failAt(node, "%s must be a time such as 2027-06-30T00:00:00Z (RFC 3339)", of)
	}
	*into = instant
	return nil
}

// digits returns the text of a plain decimal number of up to four digits, or "".
func digits(node ast.Node) string {
	number, ok := node.(*ast.IntegerNode)
	if !ok || number.Token.Type != token.IntegerType || len(number.Token.Value) > 4 {
		return ""
	}
	return number.Token.Value
}
