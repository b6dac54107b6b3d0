package filekeys

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxFileBytes is some 60,000 keys.
	maxFileBytes = 16 << 20
	// maxFlowDepth and maxBlockColumn bound how deep a document nests: the parser recurses.
	maxFlowDepth   = 16
	maxBlockColumn = 256
)

// document is the syntax tree of a key file's one YAML document.
type document struct {
	path string
	root ast.Node
}

// parseDocument reads YAML without anchors, aliases, tags, merge keys and directives.
func parseDocument(path string, data []byte) (document, error) {
	doc := document{path: path}
	if len(data) > maxFileBytes {
		return document{}, &Error{Path: path, Problem: fmt.Sprintf("a key file must be at most %d MiB", maxFileBytes>>20)}
	}
	if err := doc.checkText(data); err != nil {
		return document{}, err
	}
	// The YAML library miscounts lines that end in CR LF.
	file, err := doc.parse(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if err != nil {
		return document{}, err
	}
	if len(file.Docs) > 1 {
		return document{}, doc.fail(file.Docs[1].Start, "a key file must be one YAML document: remove this one")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return document{}, &Error{Path: path, Problem: "the file is empty: it must begin with version: 1 and have a list of keys"}
	}
	doc.root = file.Docs[0].Body
	return doc, nil
}

// checkText refuses what YAML does not allow in any place.
func (d document) checkText(data []byte) error {
	bad := bytes.IndexFunc(data, func(c rune) bool { return c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f })
	if lone := bytes.IndexByte(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n\n")), '\r'); bad < 0 {
		bad = lone
	}
	if !utf8.Valid(data) {
		bad = 0
		for len(data[bad:]) > 0 {
			c, size := utf8.DecodeRune(data[bad:])
			if c == utf8.RuneError && size == 1 {
				break
			}
			bad += size
		}
	}
	if bad < 0 {
		return nil
	}
	line := 1 + bytes.Count(data[:bad], []byte("\n"))
	return &Error{Path: d.path, Line: line, Problem: "a key file must be UTF-8 text without control characters"}
}

func (d document) parse(text string) (file *ast.File, err error) {
	// The YAML library is handed whatever an editor or an accident left behind; a panic of its own
	// must not end the process that serves the last good keys.
	defer func() {
		if recover() != nil {
			file, err = nil, &Error{Path: d.path, Problem: "the file is not valid YAML"}
		}
	}()
	tokens := lexer.Tokenize(text)
	if err := d.checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err = parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, d.syntaxError(err)
	}
	return file, nil
}

// syntaxError translates the YAML library's error, whose own text quotes the lines around it.
func (d document) syntaxError(err error) error {
	problem := "the file is not valid YAML"
	var place *token.Token
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		place = syntax.GetToken()
		// Its messages are fixed texts, but for a few that quote a value, and such are left out.
		if message := syntax.GetMessage(); message != "" && !strings.Contains(message, `"`) {
			problem = "not valid YAML: " + message
		}
	}
	return d.fail(place, "%s", problem)
}

func (d document) checkTokens(tokens token.Tokens) error {
	depth := 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.DirectiveType:
			return d.fail(tk, "anchors, aliases, tags, merge keys and directives are not allowed in a key file: write the value out, and quote text that begins with & * ! or %%")
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingValueType, token.MappingKeyType:
			if depth <= 0 && tk.Position.Column > maxBlockColumn {
				return d.fail(tk, "nested too deep, or indented too far")
			}
		}
		if depth > maxFlowDepth {
			return d.fail(tk, "nested too deep")
		}
	}
	return nil
}

// fail returns an error at a token, which may be nil.
func (d document) fail(place *token.Token, format string, args ...any) error {
	err := &Error{Path: d.path, Problem: fmt.Sprintf(format, args...)}
	if place != nil && place.Position != nil {
		err.Line, err.Column = place.Position.Line, place.Position.Column
	}
	return err
}

// failAt returns an error at a node.
func (d document) failAt(node ast.Node, format string, args ...any) error {
	return d.fail(firstToken(node), format, args...)
}

// firstToken returns where a node begins (a block mapping's own token is its first colon).
func firstToken(node ast.Node) *token.Token {
	switch node := node.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if !node.IsFlowStyle && len(node.Values) > 0 {
			return node.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return node.Key.GetToken()
	}
	return node.GetToken()
}
