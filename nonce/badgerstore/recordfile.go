package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Names in a store's directory.
const (
	lockName   = "lock"
	recordName = "state"
	ackedName  = "acked"
	claimsName = "claims"
)

// stateFile keeps the record. write returns when it is durable.
type stateFile interface {
	write(record) error
	close() error
}

// recordFile is the stateFile on disk. Only the store's committer uses it.
type recordFile struct {
	file *os.File
	buf  []byte
}

// readRecord reads the record of the store at path. The error wraps ErrNoStore if there is none.
func readRecord(path string) (record, error) {
	text, err := os.ReadFile(filepath.Join(path, recordName))
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, fmt.Errorf("%w in %s", ErrNoStore, path)
	}
	if err != nil {
		return record{}, err
	}
	r, err := parseRecordFile(text)
	if errors.Is(err, ErrCorrupt) {
		return record{}, corrupt(path, "its record (%s) cannot be read", recordName)
	}
	if err != nil {
		return record{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// createRecord makes the directory at path a store, at once or not at all.
func createRecord(path string, r record) error {
	temporary := filepath.Join(path, recordName+".new")
	file, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	text := make([]byte, recordSpacing+recordSize)
	copy(text[int64(r.serial%2)*recordSpacing:], r.append(nil))
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary, filepath.Join(path, recordName))
	}
	if err == nil {
		err = syncDirectory(path)
	}
	return err
}

func openRecordFile(path string) (*recordFile, error) {
	file, err := os.OpenFile(filepath.Join(path, recordName), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &recordFile{file: file}, nil
}

// write puts r into the slot that its serial number says, beside the record before it.
func (f *recordFile) write(r record) error {
	f.buf = r.append(f.buf[:0])
	if _, err := f.file.WriteAt(f.buf, int64(r.serial%2)*recordSpacing); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *recordFile) close() error { return f.file.Close() }

// syncDirectory makes the names in a directory durable. Windows has no such call.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	err = directory.Sync()
	if closeErr := directory.Close(); err == nil {
		err = closeErr
	}
	return err
}

// corrupt returns an error for a store with missing or unreadable parts.
func corrupt(path, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s; nothing was changed: move the directory away and start with an empty one (initial: replacement, which is safe)",
		ErrCorrupt, path, fmt.Sprintf(format, args...))
}
