package main

import "fmt"

// usageError is wrong usage, as opposed to a command that was refused or failed: exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
