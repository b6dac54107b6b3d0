package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/countersign-dev/countersign/nonce/internal/window"
)

// Info describes a store that is not open.
type Info struct {
	FormatVersion int
	// BootID is the kernel's id of the boot under which the store was last open. It is empty if
	// the next Open will not trust that nothing was lost: after a failed write, after RaiseFloor,
	// and where the operating system has no boot id.
	BootID     string
	Durability Durability // with which it was last open
	// Clean: it was closed, not killed.
	Clean bool
	// Floor, Ceiling and DropLine are zero where there is none yet.
	Floor, Ceiling, DropLine time.Time
	// Claims is how many claims it held at the last write, some of them perhaps expired since.
	Claims int64
	// DiskBytes is the disk space that the directory takes up.
	DiskBytes int64
}

// ReadInfo reads about the store at path and changes nothing. The error wraps ErrInUse if the store
// is open, ErrNoStore if there is none.
func ReadInfo(path string) (Info, error) {
	lock, err := acquire(path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, fmt.Errorf("%w in %s", ErrNoStore, path)
	}
	if err != nil {
		return Info{}, err
	}
	defer lock.Close()
	r, err := readRecord(path)
	if err != nil {
		return Info{}, err
	}
	answered, _, err := readAcked(path)
	if err != nil {
		return Info{}, err
	}
	info := Info{
		FormatVersion: formatVersion,
		BootID:        r.bootID,
		Durability:    r.durability,
		Clean:         r.clean,
		Floor:         boundTime(r.floor),
		Ceiling:       boundTime(r.ceiling),
		DropLine:      boundTime(r.dropLine),
		Claims:        int64(answered.claims),
	}
	info.DiskBytes, err = diskUse(path)
	return info, err
}

// diskUse returns the disk space that the files below path take up.
func diskUse(path string) (bytes int64, err error) {
	err = filepath.WalkDir(path, func(_ string, file fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		about, err := file.Info()
		if err == nil && about.Mode().IsRegular() {
			bytes += allocated(about)
		}
		return err
	})
	return bytes, err
}

// RaiseFloor moves the floor of the store at path up to to, never down, and returns where it then
// stands; the store must not be open. It is for a store restored from a backup, which knows nothing
// of what was accepted since: requests signed at or before the floor are refused. Use now plus
// nonce.ReplacementHold unless you know better. The next Open expects no more than it finds.
func RaiseFloor(path string, to time.Time) (floor time.Time, err error) {
	if _, err := os.Stat(filepath.Join(path, recordName)); errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, fmt.Errorf("%w in %s", ErrNoStore, path)
	}
	lock, err := acquire(path, false)
	if err != nil {
		return time.Time{}, err
	}
	defer lock.Close()
	r, err := readRecord(path)
	if err != nil {
		return time.Time{}, err
	}
	file, err := openRecordFile(path)
	if err != nil {
		return time.Time{}, err
	}
	r.floor = max(r.floor, window.Nanos(to))
	r.bootID, r.clean = "", false
	r.serial++
	if err := errors.Join(file.write(r), file.close()); err != nil {
		return time.Time{}, err
	}
	return boundTime(r.floor), nil
}

func boundTime(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return window.Time(nanos)
}
