package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// readData reads what -d names: the text itself, @FILE, or @- for standard input, byte for byte.
func readData(value string, stdin io.Reader) ([]byte, error) {
	file, isFile := strings.CutPrefix(value, "@")
	switch {
	case !isFile:
		return []byte(value), nil
	case file == "-":
		return io.ReadAll(stdin)
	case file == "":
		return nil, usagef("-d @ names no file: give -d @FILE, or -d @- for standard input")
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the body: %w", err)
	}
	return body, nil
}
