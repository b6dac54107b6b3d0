//go:build !linux

package badgerstore

import "github.com/dgraph-io/badger/v4"

// activeLog syncs the log of Badger's active memtable.
type activeLog struct{ directory string }

func openActiveLog(directory string) (*activeLog, error) { return &activeLog{directory}, nil }

// sync syncs the newest log, which is the active one, and returns its name.
func (a *activeLog) sync(db *badger.DB) (name string, err error) {
	if err := db.Sync(); err != nil {
		return "", err
	}
	logs, err := logNames(a.directory)
	if err != nil {
		return "", err
	}
	return logs[len(logs)-1], nil
}

func (a *activeLog) close() error { return nil }
