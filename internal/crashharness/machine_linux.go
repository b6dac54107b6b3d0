package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"
)

// machine is what a service runs on, and can lose its power: a file system of its own, in a file, and
// a boot id. Both are mounted where the service alone sees them, and vanish with it.
type machine struct {
	image, mount string
	boots        *boots
	root         *os.File // of the file system while the service runs; else nil
}

// onMachine mounts both and becomes the program behind it. Its arguments are image, mount and boot id.
const onMachine = `mount -o loop "$0" "$1"
mount --bind "$2" /proc/sys/kernel/random/boot_id
shift 2
echo behind >&2
exec "$@"`

// newMachine makes a machine whose file system has so many bytes.
func newMachine(directory string, size int64) (*machine, error) {
	b, err := newBoots(directory)
	if err != nil {
		return nil, err
	}
	m := &machine{image: filepath.Join(directory, "image"), mount: filepath.Join(directory, "mount"), boots: b}
	if err := os.Mkdir(m.mount, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(m.image, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Truncate(m.image, size); err != nil { // sparse
		return nil, err
	}
	out, err := exec.Command("mkfs.ext4", "-q", "-m", "0", m.image).CombinedOutput()
	if err == nil {
		out, err = m.do("true")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: a file system cannot be made and mounted (%v: %s): run it as root, where there are loop devices, with mkfs.ext4 and unshare (apt-get install e2fsprogs util-linux mount)",
			errRights, err, bytes.TrimSpace(out))
	}
	return m, nil
}

// data is a directory on the machine's file system.
func (m *machine) data() string { return filepath.Join(m.mount, "data") }

// prefix is the command line that becomes a program on the machine, where none runs any more.
func (m *machine) prefix() ([]string, error) {
	if err := m.release(); err != nil {
		return nil, err
	}
	return []string{"unshare", "--mount", "sh", "-euc", onMachine, m.image, m.mount, m.boots.file}, m.awaitRelease()
}

// do runs a program on the machine while no service runs there.
func (m *machine) do(line ...string) ([]byte, error) {
	prefix, err := m.prefix()
	if err != nil {
		return nil, err
	}
	line = append(prefix, line...)
	return exec.Command(line[0], line[1:]...).CombinedOutput()
}

// hold keeps the file system of a running service from being unmounted with it, which would write
// everything to disk.
func (m *machine) hold(s *service) (err error) {
	m.root, err = os.Open(fmt.Sprintf("/proc/%d/root%s", s.cmd.Process.Pid, m.mount))
	return err
}

// release lets a held file system go.
func (m *machine) release() error {
	if m.root == nil {
		return nil
	}
	root := m.root
	m.root = nil
	return root.Close()
}

// path is that of a file on the held file system.
func (m *machine) path(name string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", m.root.Fd(), name)
}

// losePower ends a held file system as a power cut would, after the service has been killed: what has
// not been synced is gone. It returns how many bytes of the store's log are.
func (m *machine) losePower() (lost int, err error) {
	const canary = "unsynced"
	if err := os.WriteFile(m.path(canary), []byte("canary"), 0o600); err != nil {
		return 0, err
	}
	before, err := readLogs(m.path("data"))
	if err != nil || len(before) == 0 {
		return 0, fmt.Errorf("the store has no log (%v)", err)
	}
	const shutdown, withoutJournal = 0x8004587d, 2 // FS_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH
	flags := uint32(withoutJournal)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, m.root.Fd(), shutdown, uintptr(unsafe.Pointer(&flags))); errno != 0 {
		return 0, fmt.Errorf("shutting the file system down: %w", errno)
	}
	if err := errors.Join(m.release(), m.boots.restart()); err != nil {
		return 0, err
	}
	found, err := os.MkdirTemp(filepath.Dir(m.image), "found-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(found)
	if out, err := m.do("cp", "-a", m.mount+"/.", found); err != nil {
		return 0, fmt.Errorf("looking at what is left: %w: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(found, canary)); !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("nothing was lost (%v)", err)
	}
	after, err := readLogs(filepath.Join(found, "data"))
	if err != nil {
		return 0, err
	}
	for name, text := range before {
		now := after[name]
		for i, b := range text {
			if b != 0 && (i >= len(now) || now[i] != b) {
				lost++
			}
		}
	}
	return lost, nil
}

// awaitRelease returns when no loop device holds the image any more: the kernel lets it go some time
// after the last of those who saw the file system has ended.
func (m *machine) awaitRelease() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		out, err := exec.CommandContext(ctx, "losetup", "-j", m.image).Output()
		if err != nil {
			return fmt.Errorf("awaiting the image's release: %w", err)
		}
		if len(bytes.TrimSpace(out)) == 0 {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}
