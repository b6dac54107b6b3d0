package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrNoCanonicalRequest is the answer to a text that holds no canonical request.
var ErrNoCanonicalRequest = errors.New("no canonical request found: it must begin with the method on a line of its own")

// ReadClient takes the canonical request out of what a signer printed: the text alone, the debug log
// of curl, aws-sdk-go, aws-sdk-java, botocore and others that announce it, or what explain printed at
// the client. Line ends may be CR LF or LF; those at its end are dropped.
func ReadClient(text []byte) (string, error) {
	whole := strings.ReplaceAll(string(text), "\r\n", "\n")
	found, ok := explained(whole)
	if !ok {
		found, ok = announced(whole)
	}
	if !ok {
		found = whole
	}
	if !strings.Contains(strings.TrimSpace(found), "\n") {
		found = unescaped(found)
	}
	found = strings.Trim(found, "\n")
	method, _, lines := strings.Cut(found, "\n")
	if !lines || method == "" || len(method) > 64 || strings.ContainsAny(method, " \t:/{") {
		return "", ErrNoCanonicalRequest
	}
	if strings.Count(found, "\n") >= maxClientLines {
		return "", fmt.Errorf("the client's canonical request has more than %d lines", maxClientLines)
	}
	return found, nil
}

// unescaped takes the quoting off a text of several lines that a log holds in one.
func unescaped(text string) string {
	text = strings.Trim(text, "\"' \t\n")
	var plain string
	if json.Unmarshal([]byte(`"`+text+`"`), &plain) == nil {
		return plain
	}
	return strings.ReplaceAll(text, `\n`, "\n")
}

// announcements are how signers print the canonical request in their debug logs: what stands before
// it, and behind it.
var announcements = []struct{ before, behind *regexp.Regexp }{
	// curl 8: aws_sigv4: Canonical request (enclosed in []) - […]
	{regexp.MustCompile(`anonical request \(enclosed in \[\]\) - \[`), regexp.MustCompile(`\n[0-9A-Za-z-]*(\])`)},
	// aws-sdk-go and its kin: ---[ CANONICAL STRING  ]---
	{regexp.MustCompile(`---\[ CANONICAL STRING *\]-+\n`), regexp.MustCompile(`(\n)-{3}`)},
	// aws-sdk-java 1, iOS: AWS4 Canonical Request: '"…"
	{regexp.MustCompile(`(?i)canonical ?request: *(?:\n)?['"\[]+`), regexp.MustCompile(`\n[0-9A-Za-z-]*(['"\]])`)},
	// botocore, aws-sdk-java 2: CanonicalRequest: and then the string to sign
	{regexp.MustCompile(`(?i)canonical ?request: *(?:\n)?`), regexp.MustCompile(`(?i)(\n)[^\n]*string ?to ?sign`)},
}

// announced returns the first canonical request that a debug log holds.
func announced(text string) (string, bool) {
	for _, a := range announcements {
		at := a.before.FindStringIndex(text)
		if at == nil {
			continue
		}
		found := text[at[1]:]
		if end := a.behind.FindStringSubmatchIndex(found); end != nil {
			found = found[:end[2]]
		}
		return found, true
	}
	return "", false
}

// PrintedByCurl returns the canonical request that curl 8 prints with -v, beside the request itself;
// ok is false where it has not.
func PrintedByCurl(text []byte) (canonical string, ok bool) {
	if !announcements[0].before.Match(text) {
		return "", false
	}
	canonical, err := ReadClient(text)
	return canonical, err == nil
}

// explained returns the first canonical request of a report of explain.
func explained(text string) (string, bool) {
	var report struct {
		Forms []Form
	}
	if json.Unmarshal([]byte(text), &report) == nil && len(report.Forms) > 0 {
		return report.Forms[0].CanonicalRequest, true
	}
	_, behind, found := strings.Cut(text, "\nCanonical request, form ")
	if !found {
		return "", false
	}
	_, behind, _ = strings.Cut(behind, "\n")
	var lines []string
	for line := range strings.SplitSeq(behind, "\n") {
		quoted, indented := strings.CutPrefix(line, "    ")
		if !indented && line != "" {
			break
		}
		lines = append(lines, quoted)
	}
	return strings.Join(lines, "\n"), true
}
