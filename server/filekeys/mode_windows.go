package filekeys

import "io/fs"

// checkMode accepts every file: Windows keeps access in lists that the mode bits do not show.
func checkMode(string, fs.FileInfo) error { return nil }
