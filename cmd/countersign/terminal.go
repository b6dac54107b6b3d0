package main

import (
	"os"

	"github.com/mattn/go-isatty"
)

// isTerminal reports whether a standard stream is a terminal: other devices, such as /dev/null, are none.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(file.Fd()) || isatty.IsCygwinTerminal(file.Fd()))
}
