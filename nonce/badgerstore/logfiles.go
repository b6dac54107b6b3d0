package badgerstore

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// logExtension is that of the logs of Badger's memtables (their WALs), which it numbers from 1 with
// five digits, or more when those run out.
const logExtension = ".mem"

// logNames returns the names of the logs in a directory, oldest first.
func logNames(path string) ([]string, error) {
	directory, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	names, err := logsIn(directory)
	_ = directory.Close()
	return names, err
}

// logsIn is logNames for a directory that is open, and has been read to its end or not at all.
func logsIn(directory *os.File) ([]string, error) {
	names, err := directory.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return filepath.Ext(name) != logExtension })
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
	return names, nil
}

// removeEmptyLogs removes log files of no length. Badger empties a log before it removes it and
// creates one before it gives it its size, and if the process is killed in between, it cannot open
// the database again.
func removeEmptyLogs(directory string) error {
	files, err := os.ReadDir(directory)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, file := range files {
		if extension := filepath.Ext(file.Name()); extension != logExtension && extension != ".vlog" {
			continue
		}
		info, err := file.Info()
		if err != nil {
			return err
		}
		if info.Size() == 0 {
			if err := os.Remove(filepath.Join(directory, file.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
