package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// headers draws header lines: values with spaces where they should not matter, names that repeat,
// and a few that break a rule.
func (d draw) headers(body []byte) [][2]string {
	lines := [][2]string{}
	add := func(percent float64, name string, value func() string) {
		if d.chance(percent) {
			lines = append(lines, [2]string{name, value()})
		}
	}
	text := func(values ...string) func() string { return func() string { return d.of(values...) } }
	if len(body) > 0 {
		add(60, "Content-Type", text("application/json", "text/plain;  charset=utf-8", "application/x-www-form-urlencoded"))
	}
	add(50, "X-Custom", d.value)
	if len(lines) > 0 && lines[len(lines)-1][0] == "X-Custom" {
		add(20, "X-Custom", d.value)
	}
	add(15, "X-Amz-Meta-Note", d.value)
	add(10, "Accept", text("*/*", "application/json, text/html;q=0.5"))
	add(10, "User-Agent", text("client/1.0 (test;  x)"))
	add(5, "Range", text("bytes=0-99"))
	add(5, "Idempotency-Key", text("4b0c", " 4b0c "))
	add(5, "Cookie", text("a=1; b=2"))
	add(1.5, "X-HTTP-Method-Override", text("PATCH"))
	add(13, "X-Amz-Content-Sha256", func() string { return hashOf(body) })
	if !has(lines, "X-Amz-Content-Sha256") {
		add(1, "X-Amz-Content-Sha256", text(hashOf(append([]byte("x"), body...)), "UNSIGNED-PAYLOAD",
			"STREAMING-UNSIGNED-PAYLOAD-TRAILER", strings.ToUpper(hashOf(body))))
	}
	add(0.3, "X-Amz-Meta-Note", d.value)
	add(0.4, "X_Amz_Date", text("20240101T000000Z"))
	add(0.4, "X_Custom", text("1"))
	add(0.4, "X-Http_Method-Override", text("PATCH"))
	add(0.3, "X-Countersign-Tenant", text("1"))
	add(0.3, "X-Countersign-Nonce", text("0123456789abcdef"))
	return lines
}

func (d draw) value() string {
	words := []string{d.of("", "one", "a,b", `"quoted  text"`, "x=1; y")}
	for range d.IntN(4) {
		words = append(words, d.of("two", "three", ",", "4"))
	}
	value := ""
	for i, word := range words {
		if i > 0 {
			value += d.of(" ", " ", " ", " ", "  ", "    ")
		}
		value += word
	}
	switch n := d.IntN(100); {
	case n < 2:
		value = strings.Replace(value, " ", d.of("\t", " \t ", "\t\t"), 1)
	case n < 4:
		value += d.of(" ü", " naïve", "\u00a0")
	case n < 14:
		value = d.of(" ", "  ", "\t", " \t ") + value
	case n < 24:
		value += d.of(" ", "   ", "\t")
	}
	return value
}

func has(lines [][2]string, name string) bool {
	for _, line := range lines {
		if strings.EqualFold(line[0], name) {
			return true
		}
	}
	return false
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
