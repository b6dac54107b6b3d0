package badgerstore

import (
	"os"
	"strings"
)

// bootID returns the kernel's id of this boot, or "" if it cannot be read, which never equals a
// recorded one.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	id := strings.TrimSpace(string(text))
	if err != nil || len(id) != bootIDLength {
		return ""
	}
	return id
}
