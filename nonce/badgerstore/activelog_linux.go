package badgerstore

import (
	"io"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
)

// activeLog syncs the log of Badger's active memtable, and that alone. DB.Sync syncs the value log as
// well, in which nothing is ever written, and costs a flush of the disk's cache more for it. On Linux
// a msync of a mapped file is a fsync of the file (mm/msync.c), so that it may as well come from here.
type activeLog struct {
	directory *os.File
	name      string
	file      *os.File // the log of that name
}

func openActiveLog(directory string) (*activeLog, error) {
	opened, err := os.Open(directory)
	return &activeLog{directory: opened}, err
}

// sync syncs the newest log, which is the active one, and returns its name.
func (a *activeLog) sync(*badger.DB) (name string, err error) {
	logs, err := logsIn(a.directory)
	if err == nil {
		_, err = a.directory.Seek(0, io.SeekStart) // for the next time
	}
	if err != nil {
		return "", err
	}
	if newest := logs[len(logs)-1]; newest != a.name {
		file, err := os.Open(filepath.Join(a.directory.Name(), newest))
		if err != nil {
			return "", err
		}
		if a.file != nil {
			_ = a.file.Close()
		}
		a.name, a.file = newest, file
	}
	return a.name, a.file.Sync()
}

func (a *activeLog) close() error {
	if a.file != nil {
		_ = a.file.Close()
	}
	return a.directory.Close()
}
