package main

import (
	"io"
	"os"

	"github.com/fatih/color"
)

// useColours decides by --color. On auto it is a terminal that gets colours, unless NO_COLOR is set
// or TERM is dumb.
func useColours(when string, out io.Writer) (bool, error) {
	switch when {
	case "auto":
		return out == io.Writer(os.Stdout) && !color.NoColor, nil // which the library found out at the start
	case "always":
		return true, nil
	case "never":
		return false, nil
	}
	return false, usagef("--color %s: it is auto, always or never", when)
}
