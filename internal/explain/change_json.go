package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonChanges are about bodies that were serialised again between signing and sending.
var jsonChanges = []change{
	jsonAs("json-compact", "without white space", compactJSON),
	jsonAs("json-spaced", `with a space behind each comma and colon, as Python writes it`, spacedJSON),
	jsonAs("json-ascii", `with \u escapes for what is not ASCII`, asciiJSON),
	jsonAs("json-spaced-ascii", `with a space behind each comma and colon and \u escapes, as Python writes it`, func(body []byte) []byte {
		return asciiJSON(spacedJSON(body))
	}),
	jsonAs("json-html-escaped", `without white space, and with \u escapes for <, > and &, as Go writes it`, func(body []byte) []byte {
		var escaped bytes.Buffer
		json.HTMLEscape(&escaped, compactJSON(body))
		return escaped.Bytes()
	}),
	jsonAs("json-sorted", "written anew, its names sorted", sortedJSON),
	jsonAs("json-sorted-spaced", "written anew, its names sorted, with a space behind each comma and colon", func(body []byte) []byte {
		return spacedJSON(sortedJSON(body))
	}),
	jsonAs("json-indented-2", "indented by 2 spaces", indentedJSON("  ")),
	jsonAs("json-indented-4", "indented by 4 spaces", indentedJSON("    ")),
	jsonAs("json-indented-tab", "indented by tabs", indentedJSON("\t")),
}

// maxJSON bounds a body that is serialised again, in bytes: parsing takes many times as much memory.
const maxJSON = 4 << 20

func jsonAs(name, how string, rewrite func(body []byte) []byte) change {
	return bodyAs(name, "as JSON "+how, func(body []byte) []byte {
		if len(body) > maxJSON || !json.Valid(body) {
			return nil
		}
		return rewrite(body)
	})
}

func compactJSON(body []byte) []byte {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		return nil
	}
	return compact.Bytes()
}

func spacedJSON(body []byte) []byte {
	var spaced []byte
	quoted := false
	compact := compactJSON(body)
	for i, c := range compact {
		spaced = append(spaced, c)
		switch {
		case c == '"' && !escapedAt(compact, i):
			quoted = !quoted
		case !quoted && (c == ',' || c == ':'):
			spaced = append(spaced, ' ')
		}
	}
	return spaced
}

// escapedAt reports whether the character at i stands behind an odd number of backslashes.
func escapedAt(text []byte, i int) bool {
	before := bytes.TrimRight(text[:i], `\`)
	return (i-len(before))%2 == 1
}

func asciiJSON(body []byte) []byte {
	var ascii []byte
	for _, r := range string(body) {
		if r < utf8.RuneSelf {
			ascii = append(ascii, byte(r))
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			ascii = fmt.Appendf(ascii, `\u%04x`, unit)
		}
	}
	return ascii
}

func sortedJSON(body []byte) []byte {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	var sorted bytes.Buffer
	encoder := json.NewEncoder(&sorted)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return nil
	}
	return bytes.TrimSuffix(sorted.Bytes(), []byte("\n"))
}

func indentedJSON(indent string) func(body []byte) []byte {
	return func(body []byte) []byte {
		var indented bytes.Buffer
		if json.Indent(&indented, body, "", indent) != nil {
			return nil
		}
		return bytes.TrimRight(indented.Bytes(), " \t\r\n")
	}
}
