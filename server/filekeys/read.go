package filekeys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Read returns the records of the key file at path, as strictly as [Open] reads them.
func Read(path string) ([]Record, error) {
	data, _, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data, time.Now())
}

// readFile reads a file that is fit to hold secrets. Links are followed: what counts is the mode
// of the file that is read.
func readFile(path string) ([]byte, fs.FileInfo, error) {
	// Opening a pipe would wait for its writer, so that the kind of file is looked at first.
	if info, err := os.Stat(path); err != nil {
		return nil, nil, fileError(path, err)
	} else if !info.Mode().IsRegular() {
		return nil, nil, &Error{Path: path, Problem: "this is not a regular file: name the key file itself"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fileError(path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fileError(path, err)
	}
	if err := checkMode(path, info); err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, nil, fileError(path, err)
	}
	return data, info, nil
}

func fileError(path string, err error) error {
	problem := err
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		problem = cause.Err
	}
	fix := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fix = ": make one with countersign keys new --file " + path
	case errors.Is(err, fs.ErrPermission):
		fix = ": run as its owner, or give its group the right to read it"
	}
	return &Error{Path: path, Problem: fmt.Sprintf("%v%s", problem, fix), Err: err}
}
