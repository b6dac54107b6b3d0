package filekeys

import "fmt"

// Error says what is wrong with a key file, and how to put it right. It never holds a value from
// the file that could be a secret.
type Error struct {
	// Path is the file, as it was named.
	Path string
	// Line and Column tell the place in it, from 1; 0 where the problem is the file itself.
	Line, Column int
	// Problem is the problem and the fix.
	Problem string
	// Err is the cause, where there is one ([io/fs.ErrNotExist], say).
	Err error
}

// Error returns "path:line:column: problem".
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.Path, e.Problem)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, e.Problem)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
