package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// boots gives the service a boot id of its own: a file that is mounted over the kernel's where the
// service alone sees it.
type boots struct {
	file  string
	count int
}

// asBooted mounts it and becomes the program behind it. Its first argument is the file.
const asBooted = `mount --bind "$0" /proc/sys/kernel/random/boot_id
echo behind >&2
exec "$@"`

func newBoots(directory string) (*boots, error) {
	b := &boots{file: filepath.Join(directory, "boot_id")}
	if err := b.restart(); err != nil {
		return nil, err
	}
	line := append(b.prefix(), "cat", "/proc/sys/kernel/random/boot_id")
	out, err := exec.Command(line[0], line[1:]...).Output()
	if err != nil || !strings.Contains(string(out), b.id()) {
		return nil, fmt.Errorf("%w: a boot id cannot be mounted (%v): run it as root, or where users may unshare mounts, with unshare (apt-get install util-linux mount)",
			errRights, err)
	}
	return b, nil
}

func (b *boots) id() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", b.count) }

func (b *boots) prefix() []string {
	if os.Geteuid() != 0 {
		return []string{"unshare", "--map-root-user", "--mount", "sh", "-euc", asBooted, b.file}
	}
	return []string{"unshare", "--mount", "sh", "-euc", asBooted, b.file}
}

// restart makes the next start of the service one under another boot.
func (b *boots) restart() error {
	b.count++
	return os.WriteFile(b.file, []byte(b.id()+"\n"), 0o600)
}
