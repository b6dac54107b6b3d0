package filekeys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockRetry is how often a lock that someone else holds is tried again. Edits take milliseconds.
const lockRetry = 10 * time.Millisecond

// lock takes the lock of a key file's editors. It lies beside the file, because the file itself is
// replaced by each edit; and it stays there, because whoever removed it could remove it from under
// one who waits for it.
func lock(ctx context.Context, target string) (*flock.Flock, error) {
	path := beside(target, ".lock")
	held := flock.New(path, flock.SetPermissions(0o600))
	locked, err := held.TryLockContext(ctx, lockRetry)
	switch {
	case ctx.Err() != nil:
		return nil, &Error{Path: target, Problem: "another process is editing this file, and did not finish in time: try again", Err: ctx.Err()}
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Path: target, Problem: "its directory does not exist: make it first", Err: err}
	case err != nil || !locked:
		return nil, &Error{Path: target, Problem: fmt.Sprintf("cannot take the editors' lock: %v", err), Err: err}
	}
	return held, nil
}

// beside returns the name of a file that belongs to a key file and lies in its directory.
func beside(target, suffix string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+suffix)
}
