//go:build !windows

package filekeys

import "io/fs"

// checkMode refuses a file that others can read or write, or that its group can write. A group may
// read it: Kubernetes mounts secrets as 0440, with a group that the pod alone has.
func checkMode(path string, info fs.FileInfo) error {
	mode := info.Mode().Perm()
	switch {
	case mode&0o004 != 0:
		return &Error{Path: path, Problem: "everyone can read this file, and it holds secrets: chmod 600 " + path}
	case mode&0o002 != 0:
		return &Error{Path: path, Problem: "everyone can write this file, and it holds keys: chmod 600 " + path}
	case mode&0o020 != 0:
		return &Error{Path: path, Problem: "its group can write this file, and it holds keys: chmod g-w " + path}
	}
	return nil
}
