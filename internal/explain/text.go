package explain

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// WriteText writes the report for people to read, in colours or not. Bytes of the request that a
// terminal could take for commands are written as escapes.
func (report *Report) WriteText(w io.Writer, colours bool) error {
	out := &textWriter{w: bufio.NewWriter(w), palette: newPalette(colours)}
	out.section("Request")
	out.line(report.Method + " " + report.Target)
	out.field("host", cmp.Or(report.Host, "(none)"))
	if r := report.Record; r != nil {
		out.field("refused", r.Time.UTC().Format(time.RFC3339)+", "+string(r.Reason))
		out.field("request id", r.RequestID)
	}
	if report.Signature != nil {
		out.signature(report.Signature)
		out.payload(report.Payload)
	}
	for _, form := range report.Forms {
		out.section("Canonical request, form " + form.Name + ", SHA-256 " + form.CanonicalRequestSHA256)
		out.quote(form.CanonicalRequest)
		out.section("String to sign, form " + form.Name)
		out.quote(form.StringToSign)
	}
	if len(report.Notes) > 0 {
		out.section("Notes")
		for _, note := range report.Notes {
			out.line("- " + note)
		}
	}
	if report.Difference != nil {
		out.difference(report.Difference)
	}
	out.verdict(report)
	return out.w.Flush()
}

type textWriter struct {
	w       *bufio.Writer // keeps the first error until Flush
	palette palette
	begun   bool
}

func (out *textWriter) section(title string) {
	if out.begun {
		fmt.Fprintln(out.w)
	}
	out.begun = true
	fmt.Fprintln(out.w, out.palette.title(title))
}

func (out *textWriter) line(text string) { out.coloured(asIs, text) }

// coloured writes a line in a colour.
func (out *textWriter) coloured(colour colour, text string) {
	fmt.Fprintln(out.w, strings.TrimRight("  "+colour(printable(text)), " "))
}

func (out *textWriter) field(name, value string) { out.line(fmt.Sprintf("%-14s %s", name, value)) }

// quote writes a text of several lines.
func (out *textWriter) quote(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		out.line("  " + line)
	}
}

func (out *textWriter) signature(s *Signature) {
	out.section("Signature")
	out.field("mode", s.Mode)
	out.field("dialect", s.Dialect+" ("+s.Algorithm+")")
	out.field("key id", s.KeyID)
	out.field("scope", s.Scope)
	out.field("date", canonical.FormatDate(s.Date)+", "+age(s.AgeSeconds)+": "+inTime(s))
	if s.Nonce {
		out.field("nonce", fmt.Sprintf("present, %d characters", s.NonceLength))
	} else {
		out.field("nonce", "none: the signature takes its place")
	}
	out.field("signed", s.SignedHeaders)
}

func age(seconds int64) string {
	switch {
	case seconds == 0:
		return "now"
	case seconds < 0:
		return fmt.Sprintf("%v ahead of now", -time.Duration(seconds)*time.Second)
	}
	return fmt.Sprintf("%v ago", time.Duration(seconds)*time.Second)
}

func inTime(s *Signature) string {
	until := canonical.FormatDate(s.InTimeUntil)
	switch {
	case s.InTime:
		return "in time until " + until
	case s.AgeSeconds < 0:
		return "too far ahead, a verifier refuses it now"
	}
	return "in time until " + until + ", a verifier refuses it now"
}

func (out *textWriter) payload(p *Payload) {
	switch {
	case p.Missing:
		out.field("body", "not in the input")
	default:
		out.field("body", fmt.Sprintf("%d bytes, SHA-256 %s", p.Bytes, p.Computed))
	}
	out.field("payload hash", cmp.Or(p.Declared, "not declared: that of the body counts"))
}

func (out *textWriter) verdict(report *Report) {
	colour := out.palette.bad
	if report.Verdict == Match {
		colour = out.palette.good
	}
	out.section(colour("Verdict: " + sentences[report.Verdict]))
	if report.MatchedForm != "" {
		out.line("the signature matches, in form " + report.MatchedForm)
	}
	for _, p := range report.Problems {
		out.line(string(p.Reason) + ": " + p.Detail)
		if p.Fix != "" && len(report.Changes) == 0 {
			out.line("fix: " + p.Fix)
		}
	}
	out.changes(report.Changes)
	if report.Verdict == Mismatch && len(report.Changes) == 0 {
		out.line(fmt.Sprintf("none of %d changes makes it match: compare the canonical request above with the client's own (--client FILE does it)", report.Tried))
	}
}

// changes says what makes the signature match.
func (out *textWriter) changes(changes []Change) {
	switch len(changes) {
	case 0:
		return
	case 1:
		out.coloured(out.palette.good, "it matches with one change ("+changes[0].Name+"): "+changes[0].Cause)
	default:
		out.coloured(out.palette.good, fmt.Sprintf("it matches with %d changes together:", len(changes)))
	}
	for _, c := range changes {
		if len(changes) > 1 {
			out.line("(" + c.Name + ") " + c.Cause)
		}
		out.line("fix, " + c.At + ": " + c.Fix)
	}
}

var sentences = map[Verdict]string{
	Refused:   "refused",
	Mismatch:  "mismatch",
	Match:     "match",
	Unchecked: "the signature was not checked",
}
