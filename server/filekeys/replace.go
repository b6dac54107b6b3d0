package filekeys

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// replaceFile puts a file with this text in place of target, with the mode and owner in info (0600
// and the caller's where info is nil). It happens at once: a crash at any point leaves the old file
// or the new one, and a nil answer means that the new one is on the disk. The lock is held.
//
// Fault, in tests, is asked before each step and may fail it.
func replaceFile(target string, text []byte, info fs.FileInfo, fault func(step string) error) (err error) {
	directory := filepath.Dir(target)
	removeLeftovers(target)
	temporary, err := os.CreateTemp(directory, "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return fileError(target, err)
	}
	defer func() {
		if err != nil {
			_ = temporary.Close()
			_ = os.Remove(temporary.Name())
		}
	}()
	steps := []struct {
		name string
		do   func() error
	}{
		// Owner and mode first: at no time can anyone read the secrets who could not before.
		{"own", func() error { return keepOwner(temporary.Name(), info) }},
		{"mode", func() error { return keepMode(temporary, info) }},
		{"write", func() error { _, err := temporary.Write(text); return err }},
		{"sync", temporary.Sync},
		{"close", temporary.Close},
		{"rename", func() error { return os.Rename(temporary.Name(), target) }},
	}
	for _, step := range steps {
		if fault != nil {
			err = fault(step.name)
		}
		if err == nil {
			err = step.do()
		}
		if err != nil {
			return fileError(target, err)
		}
	}
	// The file is in place; that the name is on the disk too is all that is missing.
	if err := syncDirectory(directory); err != nil {
		return &Error{Path: target, Problem: "the file was replaced, and may be the old one again after a power loss: " + err.Error(), Err: err}
	}
	return nil
}

func keepMode(file *os.File, info fs.FileInfo) error {
	if info == nil {
		return nil // CreateTemp's 0600
	}
	return file.Chmod(info.Mode().Perm())
}

// removeLeftovers removes what editors that were killed left behind: while the lock is held, every
// temporary file is such.
func removeLeftovers(target string) {
	entries, _ := os.ReadDir(filepath.Dir(target))
	for _, entry := range entries {
		random, ours := strings.CutPrefix(entry.Name(), "."+filepath.Base(target)+".")
		random, temporary := strings.CutSuffix(random, ".tmp")
		// What CreateTemp puts there are digits: with anything else it is another file's.
		if ours && temporary && strings.Trim(random, "0123456789") == "" {
			_ = os.Remove(filepath.Join(filepath.Dir(target), entry.Name()))
		}
	}
}
