package badgerstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

const (
	crashChild  = "COUNTERSIGN_CRASH_CHILD"  // the store's directory, in the child
	crashPoints = "COUNTERSIGN_CRASH_POINTS" // how often to kill, 5 unless set
	// syncedName is where the child notes what it has synced: a log's name and a sequence number
	// a line.
	syncedName = "synced.txt"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashChild); path != "" {
		fmt.Fprintln(os.Stderr, claimUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// answered is an accepted claim as the child reports it: id, signed and expires in nanoseconds.
type answered struct {
	id              nonce.ID
	signed, expires int64
}

const answeredSize = 24 + 8 + 8

// claimUntilKilled is the child: it claims from many sides, and says on standard output what has
// been accepted, only then. A third is presigned for 900 s, a third signed 290 s ahead: all but the
// presigned ones in every other 50 ms, so that between those the log has a tail that is not synced.
func claimUntilKilled(path string) error {
	options := Options{Initial: nonce.New, Logger: quiet}
	options.hooks.memTable = 1 << 20
	note, err := os.OpenFile(filepath.Join(path, syncedName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	options.hooks.log = func(log claimLog) claimLog { return &syncNote{claimLog: log, path: path, note: note} }
	s, err := Open(context.Background(), path, options)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for caller := range 64 {
		go func() {
			for i := caller; ; i++ {
				now := time.Now()
				signed, expires := now, now.Add(302*time.Second)
				switch {
				case i%3 == 0:
					expires = now.Add(902 * time.Second)
				case now.UnixMilli()/50%2 == 0:
					signed, expires = now.Add(290*time.Second), now.Add(592*time.Second)
				}
				id := randomID()
				if err := s.Claim(context.Background(), id, signed, expires); errors.Is(err, nonce.ErrTooOld) {
					time.Sleep(time.Millisecond) // the floor of the last power loss
					continue
				} else if err != nil {
					failed <- err
					return
				}
				report := append(make([]byte, 0, answeredSize), id[:]...)
				report = binary.BigEndian.AppendUint64(report, uint64(signed.UnixNano()))
				report = binary.BigEndian.AppendUint64(report, uint64(expires.UnixNano()))
				if _, err := os.Stdout.Write(report); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// syncNote notes after each sync what it has covered.
type syncNote struct {
	claimLog
	path     string
	note     *os.File
	sequence uint64
}

func (n *syncNote) write(puts []entry, deletes [][]byte) error {
	at, _ := positionOf(puts[0].key, puts[0].value, false)
	n.sequence = at.sequence
	return n.claimLog.write(puts, deletes)
}

func (n *syncNote) sync() error {
	if err := n.claimLog.sync(); err != nil {
		return err
	}
	logs, err := filepath.Glob(filepath.Join(n.path, claimsName, "*.mem"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(n.note, filepath.Base(logs[len(logs)-1]), n.sequence)
	return err
}

func TestKilledStoreAcceptsNothingTwice(t *testing.T) {
	crash(t, func(*testing.T, string, *Options) {})
}

// TestStoreAcceptsNothingTwiceAfterPowerLoss kills the child as well, then cuts off what it had not
// synced and opens the store under another boot id.
func TestStoreAcceptsNothingTwiceAfterPowerLoss(t *testing.T) {
	boot := 0
	crash(t, func(t *testing.T, path string, options *Options) {
		cutUnsynced(t, path)
		boot++
		id := fmt.Sprintf("%036d", boot)
		options.hooks.bootID = func() string { return id }
	})
}

func crash(t *testing.T, before func(t *testing.T, path string, options *Options)) {
	points := 5
	if n, err := strconv.Atoi(os.Getenv(crashPoints)); err == nil {
		points = n
	}
	path := t.TempDir()
	var all []answered
	for point := range points {
		fresh := runUntilKilled(t, path, time.Duration(20+rand.IntN(300))*time.Millisecond)
		if len(fresh) == 0 {
			t.Fatalf("point %d: nothing was accepted before the kill", point)
		}
		all = append(all, fresh...)
		options := Options{Initial: nonce.New, Logger: quiet}
		options.hooks.memTable = 1 << 20
		before(t, path, &options)
		s, err := Open(context.Background(), path, options)
		if err != nil {
			t.Fatalf("point %d: %v", point, err)
		}
		replayAll(t, s, all)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d accepted claims, each replayed after every later kill: 0 accepted", points, len(all))
}

// runUntilKilled starts the child, kills it some time after its first answer, and returns what it
// had accepted.
func runUntilKilled(t *testing.T, path string, after time.Duration) []answered {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashChild+"="+path)
	var complaint bytes.Buffer
	child.Stderr = &complaint
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var all []answered
	reader := bufio.NewReaderSize(out, 1<<20)
	report := make([]byte, answeredSize)
	for {
		if _, err := io.ReadFull(reader, report); err != nil {
			break // killed, perhaps within a report
		}
		if len(all) == 0 {
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		all = append(all, answered{
			id:      nonce.ID(report[:24]),
			signed:  int64(binary.BigEndian.Uint64(report[24:])),
			expires: int64(binary.BigEndian.Uint64(report[32:])),
		})
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	if complaint.Len() > 0 {
		t.Fatalf("child: %s", complaint.String())
	}
	return all
}

// cutUnsynced zeroes in each log what follows the last write that the child had synced there.
func cutUnsynced(t *testing.T, path string) {
	t.Helper()
	synced := make(map[string]uint64)
	notes, err := os.ReadFile(filepath.Join(path, syncedName))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(notes), "\n") {
		if name, number, ok := strings.Cut(line, " "); ok {
			if n, err := strconv.ParseUint(number, 10, 64); err == nil {
				synced[name] = n
			}
		}
	}
	logs, err := filepath.Glob(filepath.Join(path, claimsName, "*.mem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range logs {
		log, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		end := len(log)
		scanWAL(log, func(e walEntry) {
			if at, ok := positionOf(e.key, e.value, e.meta&walDeleted != 0); ok && at.sequence > synced[filepath.Base(name)] {
				end = min(end, e.at)
			}
		})
		if end < len(log) {
			clear(log[end:])
			if err := os.WriteFile(name, log, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(filepath.Join(path, ackedName)); err != nil {
		t.Fatal(err)
	}
}

func replayAll(t *testing.T, s *Store, all []answered) {
	t.Helper()
	var accepted, odd atomic.Int64
	var next atomic.Int64
	var callers sync.WaitGroup
	for range 16 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				a := all[i]
				switch err := s.Claim(context.Background(), a.id, time.Unix(0, a.signed), time.Unix(0, a.expires)); {
				case err == nil:
					accepted.Add(1)
				case !errors.Is(err, nonce.ErrReplayed) && !errors.Is(err, nonce.ErrTooOld):
					odd.Add(1)
				}
			}
		}()
	}
	callers.Wait()
	if accepted.Load()+odd.Load() > 0 {
		t.Fatalf("%d of %d replays were accepted, %d got an unexpected error", accepted.Load(), len(all), odd.Load())
	}
}
