// Package report prints what the benchmarks came to as one table: [Write].
package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Row is one comparison.
type Row struct {
	What  string // "sign, GET"
	Ours  string // "2.9 µs, 3 allocations"
	Other string // who or what else, and its figure
	Ratio string // "4.5 × faster"
	Goal  string // what was aimed at, or ""
	Met   bool   // whether it was reached; false where there is none
	Brief bool   // whether the README quotes it
}

// Write writes a table in Markdown, with a column for what was aimed at.
func Write(out io.Writer, rows []Row) error {
	cells := [][]string{{"", "Countersign", "compared with", "ratio", "goal"}}
	for _, row := range rows {
		goal := row.Goal
		if goal != "" && !row.Met {
			goal += ", missed"
		}
		cells = append(cells, []string{row.What, row.Ours, row.Other, row.Ratio, goal})
	}
	return write(out, cells)
}

// WriteBrief writes the rows that the README quotes, as they stand there.
func WriteBrief(out io.Writer, rows []Row) error {
	cells := [][]string{{"", "Countersign", "compared with", "ratio"}}
	for _, row := range rows {
		if row.Brief {
			cells = append(cells, []string{row.What, row.Ours, row.Other, row.Ratio})
		}
	}
	return write(out, cells)
}

func write(out io.Writer, cells [][]string) error {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for number, line := range cells {
		writeLine(&text, line, widths)
		if number == 0 {
			rules := make([]string, len(widths))
			for i, width := range widths {
				rules[i] = strings.Repeat("-", width)
			}
			writeLine(&text, rules, widths)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func writeLine(text *strings.Builder, cells []string, widths []int) {
	for i, cell := range cells {
		text.WriteString("| " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + " ")
	}
	text.WriteString("|\n")
}

// Duration writes nanoseconds with three digits, in the unit that suits.
func Duration(nanoseconds float64) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if nanoseconds >= float64(unit.size) {
			return digits(nanoseconds/float64(unit.size)) + " " + unit.name
		}
	}
	return digits(nanoseconds) + " ns"
}

// Ratio writes a quotient.
func Ratio(quotient float64) string { return digits(quotient) + " ×" }

// digits writes a number with three digits, or more before the point.
func digits(number float64) string {
	switch {
	case number >= 100:
		return fmt.Sprintf("%.0f", number)
	case number >= 10:
		return fmt.Sprintf("%.1f", number)
	}
	return fmt.Sprintf("%.2f", number)
}

// Processors writes how many there are.
func Processors(count int) string {
	if count == 1 {
		return "1 processor"
	}
	return fmt.Sprintf("%d processors", count)
}
