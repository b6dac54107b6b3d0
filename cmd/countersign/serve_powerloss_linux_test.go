package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/testneed"
)

// machine is what a service runs on, and can lose its power: a file system of its own, in a file, and
// a boot id. Both are mounted where the service alone sees them, and vanish with it.
type machine struct {
	image, mount, bootID string
	boots                int
}

// onMachine mounts both and becomes the program behind it. Its arguments are image, mount and boot id.
const onMachine = `mount -o loop "$0" "$1"
mount --bind "$2" /proc/sys/kernel/random/boot_id
shift 2
exec "$@"`

func newMachine(t *testing.T) *machine {
	t.Helper()
	directory := t.TempDir()
	m := &machine{image: filepath.Join(directory, "image"), mount: filepath.Join(directory, "mount"), bootID: filepath.Join(directory, "boot_id")}
	require.NoError(t, os.Mkdir(m.mount, 0o700))
	require.NoError(t, os.WriteFile(m.image, nil, 0o600))
	require.NoError(t, os.Truncate(m.image, 1<<30)) // sparse
	m.restart(t)
	out, err := exec.Command("mkfs.ext4", "-q", m.image).CombinedOutput()
	if err == nil {
		prefix := m.prefix()
		out, err = exec.Command(prefix[0], append(prefix[1:], "cat", "/proc/sys/kernel/random/boot_id")...).CombinedOutput()
	}
	if err != nil {
		t.Logf("%v: %s", err, out)
		testneed.Missing(t, testneed.Mounts, "run it as root, where there are loop devices, with mkfs.ext4 and unshare (apt-get install e2fsprogs util-linux mount)")
	}
	require.Contains(t, string(out), "-000000000001", "the boot id is not the machine's own")
	m.awaitRelease(t)
	return m
}

func (m *machine) prefix() []string {
	return []string{"unshare", "--mount", "sh", "-euc", onMachine, m.image, m.mount, m.bootID}
}

// restart makes the next start of the service one under another boot.
func (m *machine) restart(t *testing.T) {
	t.Helper()
	m.boots++
	require.NoError(t, os.WriteFile(m.bootID, fmt.Appendf(nil, "00000000-0000-4000-8000-%012d\n", m.boots), 0o600))
}

func (m *machine) start(t *testing.T) *countersigntest.Service {
	t.Helper()
	return countersigntest.StartDevUnder(t, m.prefix(), "--data", filepath.Join(m.mount, "data"))
}

// hold keeps the file system of a running service from being unmounted with it, which would write
// everything to disk.
func (m *machine) hold(t *testing.T, s *countersigntest.Service) *os.File {
	t.Helper()
	root, err := os.Open(fmt.Sprintf("/proc/%d/root%s", s.PID(), m.mount))
	require.NoError(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return root
}

// losePower ends a held file system as a power cut would, after the service has been killed: what has
// not been synced is gone. It returns how many bytes of the store's log are, and restarts the machine.
func (m *machine) losePower(t *testing.T, held *os.File) (lost int) {
	t.Helper()
	root := fmt.Sprintf("/proc/self/fd/%d", held.Fd())
	require.NoError(t, os.WriteFile(filepath.Join(root, "unsynced"), []byte("canary"), 0o600))
	before := m.logs(t, root)
	require.NotEmpty(t, before)

	const shutdown, withoutJournal = 0x8004587d, 2 // FS_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH
	flags := uint32(withoutJournal)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, held.Fd(), shutdown, uintptr(unsafe.Pointer(&flags)))
	require.Zero(t, errno, "shutting the file system down: %v", errno)
	require.NoError(t, held.Close())
	m.awaitRelease(t)
	m.restart(t)

	found := t.TempDir()
	prefix := m.prefix()
	out, err := exec.Command(prefix[0], append(prefix[1:], "cp", "-a", m.mount+"/.", found)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	m.awaitRelease(t)
	require.NoFileExists(t, filepath.Join(found, "unsynced"), "nothing was lost")
	after := m.logs(t, found)
	for name, text := range before {
		now := after[name]
		for i, b := range text {
			if b != 0 && (i >= len(now) || now[i] != b) {
				lost++
			}
		}
	}
	return lost
}

// logs reads the store's logs below a directory, by name.
func (m *machine) logs(t *testing.T, root string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "data", "claims", "claims", "*.mem"))
	require.NoError(t, err)
	logs := make(map[string][]byte)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		logs[filepath.Base(path)] = text
	}
	return logs
}

// awaitRelease returns when no loop device holds the image any more: the kernel lets it go some time
// after the last of those who saw the file system has ended.
func (m *machine) awaitRelease(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		out, err := exec.Command("losetup", "-j", m.image).Output()
		return err == nil && len(bytes.TrimSpace(out)) == 0
	}, 20*time.Second, 10*time.Millisecond, "the image is still mounted")
}

// TestServiceAcceptsNothingTwiceAfterPowerLoss cuts the power under load, starts the service under
// another boot, and sends again everything that it had ever accepted. While its floor is in force,
// the same once more: the service is killed, started, and loses its power again.
func TestServiceAcceptsNothingTwiceAfterPowerLoss(t *testing.T) {
	points := max(1, killPoints(t)/3) // at each the service ends four times
	var total tally
	for point := range points {
		one := runPowerLosses(t, point)
		total.accepted += one.accepted
		total.replays += one.replays
		total.lost += one.lost
		total.floors += one.floors
	}
	t.Logf("%d points: %d requests accepted, sent again %d times: 0 accepted; %d bytes of log lost; %d of %d starts below a floor",
		points, total.accepted, total.replays, total.lost, total.floors, 3*points)
	assert.Positive(t, total.lost, "no log was cut at any point")
	// A slow machine may see a floor pass, which is some seconds ahead.
	assert.Greater(t, total.floors, 2*(points-1), "the floor had passed when it was to be tested")
}

type tally struct{ accepted, replays, lost, floors int }

// runPowerLosses runs the service on a machine of its own, where it ends in four ways.
func runPowerLosses(t *testing.T, point int) (sum tally) {
	t.Helper()
	m := newMachine(t)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	refused := []int{http.StatusUnauthorized, http.StatusServiceUnavailable} // as a replay, or below the floor
	var accepted []*http.Request
	secret := ""
	for step, ends := range []string{"power loss", "kill", "power loss", "termination"} {
		s := m.start(t)
		l := load{way: thirdsAtFirst, least: 250 * time.Millisecond}
		if step > 0 {
			require.Equal(t, secret, s.Settings["COUNTERSIGN_SECRET"], "the key is gone, so the replays say nothing")
			sum.replays += replay(t, s, transport, accepted, refused...)
			// Below the floor only what is signed ahead is accepted.
			l.way, l.tolerated = thirds, refused[1:]
			if belowFloor(t, s) {
				sum.floors++
			}
		}
		secret = s.Settings["COUNTERSIGN_SECRET"]
		if ends == "termination" {
			require.Equal(t, exitDone, s.Stop(), s.Log())
			break
		}
		held := m.hold(t, s)
		fresh := l.andKill(t, s, transport)
		require.NotEmpty(t, fresh, "point %d, step %d: no request was accepted", point, step)
		accepted = append(accepted, fresh...)
		if ends == "power loss" {
			sum.lost += m.losePower(t, held)
		} else {
			require.NoError(t, held.Close())
			m.awaitRelease(t)
		}
	}
	sum.accepted = len(accepted)
	return sum
}

// thirds signs a third far ahead, a third presigned, and half of the others a little ahead, so that
// the floor after a power loss is some seconds ahead as well.
func thirds(i int, _ time.Duration) int {
	if i%3 == signedNow && i%2 == 0 {
		return signedSoon
	}
	return i % 3
}

// thirdsAtFirst signs none far ahead in the end: these are synced, and the last claims must not be.
func thirdsAtFirst(i int, since time.Duration) int {
	if way := thirds(i, since); way != signedAhead || since < 200*time.Millisecond {
		return way
	}
	return signedNow
}

// belowFloor reports whether a request that is signed now is refused, until the floor has passed.
func belowFloor(t *testing.T, s *countersigntest.Service) bool {
	t.Helper()
	req, err := signedRequest(t, s, signedNow)
	require.NoError(t, err)
	answer, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	if answer.StatusCode == http.StatusOK {
		return false
	}
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.Eventually(t, func() bool { return strings.Contains(s.Log(), "reason=store_floor") }, 10*time.Second, 10*time.Millisecond)
	return true
}
