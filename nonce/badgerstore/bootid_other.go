//go:build !linux

package badgerstore

// bootID returns "": without a boot id every start counts as one under another boot.
func bootID() string { return "" }
