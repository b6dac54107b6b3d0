package explain

import (
	"fmt"
	"strings"
)

// difference writes what differs, a line after the other, with a mark under the first byte that does.
func (out *textWriter) difference(d *Difference) {
	whose := "the client's"
	if d.Derived {
		whose = "what was signed"
	}
	out.section("Difference between the verifier's " + d.Text + ", form " + d.Form + ", and " + whose)
	if d.Derived && len(d.Lines) == 0 {
		out.line("none: the signing key is another")
	} else {
		out.line(fmt.Sprintf("%d of %d lines differ; · is a space, \\x and two digits any other byte that cannot be seen", len(d.Lines), len(d.Lines)+d.Equal))
	}
	client := "client"
	if d.Derived {
		client = "signed"
	}
	for _, line := range d.Lines {
		out.lineDifference(&line, client)
	}
	switch {
	case d.Signed == nil:
	case *d.Signed:
		out.line("the signature was made over the client's " + d.Text + ", with this secret")
	default:
		out.line("the signature was not made over the client's " + d.Text + " with this secret: it is another request's, or the secret or the scope is wrong as well")
	}
}

func (out *textWriter) lineDifference(d *LineDifference, client string) {
	where := fmt.Sprintf("line %d, %s", max(d.VerifierLine, d.ClientLine), d.Label)
	switch {
	case d.Client == nil:
		out.line(where + ": the " + client + " text lacks it")
		out.side("verifier", out.palette.verifier, *d.Verifier, 0, 0)
		return
	case d.Verifier == nil:
		out.line(where + " of the " + client + " text: the verifier lacks it")
		out.side(client, out.palette.client, *d.Client, 0, 0)
		return
	case d.ClientLine != d.VerifierLine:
		where = fmt.Sprintf("line %d (%s %d), %s", d.VerifierLine, client, d.ClientLine, d.Label)
	}
	out.line(where)
	tail := 0 // bytes at the end that are the same
	for tail < min(len(*d.Client), len(*d.Verifier))-d.At && (*d.Client)[len(*d.Client)-1-tail] == (*d.Verifier)[len(*d.Verifier)-1-tail] {
		tail++
	}
	out.side(client, out.palette.client, *d.Client, d.At, tail)
	column := out.side("verifier", out.palette.verifier, *d.Verifier, d.At, tail)
	fmt.Fprintln(out.w, strings.Repeat(" ", column)+"^")
}

const (
	// before and after are how much of a long line is shown around the first difference, in bytes.
	before = 60
	after  = 100
)

// side writes one side's line, painted between the first difference and the equal tail, and returns
// the column of the first difference.
func (out *textWriter) side(name string, colour colour, text string, at, tail int) (column int) {
	start, end := max(0, at-before), min(len(text), at+after)
	lead, trail := "", ""
	if start > 0 {
		lead = "…"
	}
	if end < len(text) {
		trail = "…"
	}
	differs := max(at, min(end, len(text)-tail))
	head := fmt.Sprintf("    %-9s ", name)
	same := visible(text[start:at])
	fmt.Fprintln(out.w, head+lead+same+colour(visible(text[at:differs]))+visible(text[differs:end])+trail)
	return len(head) + len([]rune(lead+same))
}

// visible shows every byte of a text: it is the bytes that differ.
func visible(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c == ' ':
			b.WriteString("·")
		case c == '\\':
			b.WriteString(`\\`)
		case c > ' ' && c <= '~':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
