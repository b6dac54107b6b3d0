package main

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// percentEncode escapes every byte that is neither unreserved nor in keep.
func percentEncode(text, keep string) string {
	var encoded strings.Builder
	for _, b := range []byte(text) {
		if strings.IndexByte(unreserved+keep, b) >= 0 {
			encoded.WriteByte(b)
		} else {
			fmt.Fprintf(&encoded, "%%%02X", b)
		}
	}
	return encoded.String()
}

// canonicalPath encodes the path of the wire once more: its escapes are bytes like any other.
func canonicalPath(wirePath string) string {
	return percentEncode(wirePath, "/")
}

// canonicalQuery is the query as the rule has it, without the parameter named omit.
func canonicalQuery(wireQuery, omit string) string {
	type pair struct{ name, value string }
	var pairs []pair
	for _, text := range strings.Split(wireQuery, "&") {
		name, value, _ := strings.Cut(text, "=")
		if text == "" || name == omit && omit != "" {
			continue
		}
		pairs = append(pairs, pair{
			name:  percentEncode(decodeQuery(name), ""),
			value: percentEncode(decodeQuery(value), ""),
		})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.name != b.name {
			return strings.Compare(a.name, b.name)
		}
		return strings.Compare(a.value, b.value)
	})
	var parts []string
	for _, p := range pairs {
		parts = append(parts, p.name+"="+p.value)
	}
	return strings.Join(parts, "&")
}

// decodeQuery leaves a bad escape as it stands, which is what most lenient parsers do.
func decodeQuery(text string) string {
	var decoded []byte
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '+':
			decoded = append(decoded, ' ')
		case text[i] == '%' && i+2 < len(text) && isHex(text[i+1:i+3]):
			b, _ := hex.DecodeString(text[i+1 : i+3])
			decoded = append(decoded, b...)
			i += 2
		default:
			decoded = append(decoded, text[i])
		}
	}
	return string(decoded)
}

func isHex(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil
}

// canonicalValue joins the values of every header called name, in the order of the wire.
func canonicalValue(headers []header, name string) string {
	var values []string
	for _, h := range headers {
		if !strings.EqualFold(h.name, name) {
			continue
		}
		value := strings.Trim(h.value, " \t")
		for strings.Contains(value, "  ") {
			value = strings.ReplaceAll(value, "  ", " ")
		}
		values = append(values, value)
	}
	return strings.Join(values, ",")
}
