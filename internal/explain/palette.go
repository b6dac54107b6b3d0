package explain

import "github.com/fatih/color"

// colour paints a text.
type colour func(text string) string

// palette is what the parts of a report are painted in.
type palette struct{ title, good, bad, client, verifier colour }

// asIs paints nothing.
func asIs(text string) string { return text }

func newPalette(colours bool) palette {
	paint := func(attributes ...color.Attribute) colour {
		if !colours {
			return asIs
		}
		painter := color.New(attributes...)
		painter.EnableColor() // whatever the library thinks of standard output
		return func(text string) string { return painter.Sprint(text) }
	}
	return palette{
		title: paint(color.Bold), good: paint(color.FgGreen), bad: paint(color.FgRed),
		client: paint(color.FgRed), verifier: paint(color.FgGreen),
	}
}
