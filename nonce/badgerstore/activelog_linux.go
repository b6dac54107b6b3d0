package badgerstore

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// activeLog syncs the log of Badger's active memtable, and that alone. DB.Sync syncs the value log as
// well, in which nothing is ever written, and costs a flush of the disk's cache more for it. On Linux
// a msync of a mapped file is a fsync of the file (mm/msync.c), so that it may as well come from here.
type activeLog struct {
	directory *os.File
	// listed is when the directory had last changed when it was listed, or zero if it may have changed
	// since without that time being another.
	listed time.Time
	name   string
	file   *os.File // the log of that name
}

// tick bounds the steps of the clock by which the kernel tells when a directory has changed.
const tick = 20 * time.Millisecond

func openActiveLog(directory string) (*activeLog, error) {
	opened, err := os.Open(directory)
	return &activeLog{directory: opened}, err
}

// sync syncs the newest log, which is the active one, and returns its name.
func (a *activeLog) sync(*badger.DB) (name string, err error) {
	if err := a.find(); err != nil {
		return "", err
	}
	return a.name, a.file.Sync()
}

// find opens the newest log, unless it is open. The directory is listed only if it has changed: with
// many tables in it that takes as long as a sync.
func (a *activeLog) find() error {
	about, err := a.directory.Stat()
	if err != nil {
		return err
	}
	changed := about.ModTime()
	if changed.Equal(a.listed) {
		return nil
	}
	logs, err := logsIn(a.directory)
	if err == nil {
		_, err = a.directory.Seek(0, io.SeekStart) // for the next time
	}
	if err != nil {
		return err
	}
	if newest := logs[len(logs)-1]; newest != a.name {
		file, err := os.Open(filepath.Join(a.directory.Name(), newest))
		if err != nil {
			return err
		}
		if a.file != nil {
			_ = a.file.Close()
		}
		a.name, a.file = newest, file
	}
	if a.listed = changed; time.Since(changed) < tick {
		a.listed = time.Time{}
	}
	return nil
}

func (a *activeLog) close() error {
	if a.file != nil {
		_ = a.file.Close()
	}
	return a.directory.Close()
}
