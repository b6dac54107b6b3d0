package filekeys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/testneed"
)

// add returns a change that adds a key.
func add(id string) func([]Record) ([]Record, error) {
	return func(records []Record) ([]Record, error) {
		return append(records, Record{ID: id, Environment: "live", Secrets: []Secret{{Secret: NewSecret("live")}}}), nil
	}
}

// names of what lies in a directory, but for the lock.
func listing(t *testing.T, directory string) string {
	t.Helper()
	entries, err := os.ReadDir(directory)
	must(t, err)
	var names []string
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".lock") {
			names = append(names, entry.Name())
		}
	}
	return strings.Join(names, " ")
}

func TestEditMakesAFileForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	edited, err := Edit(context.Background(), path, EditOptions{Create: true}, add("a"))
	if err != nil || edited != (Edited{Created: true}) {
		t.Fatalf("%+v, %v", edited, err)
	}
	info, err := os.Stat(path)
	must(t, err)
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the mode is %v", info.Mode())
	}
	records, err := Read(path)
	if err != nil || len(records) != 1 || records[0].ID != "a" {
		t.Errorf("%+v, %v", records, err)
	}
	if names := listing(t, filepath.Dir(path)); names != "keys.yaml" {
		t.Errorf("the directory holds %s", names)
	}
}

func TestEditLeavesTheFileOnARefusal(t *testing.T) {
	errChange := errors.New("changed my mind")
	cases := map[string]struct {
		text   string
		change func([]Record) ([]Record, error)
		want   string
	}{
		"the change fails":      {one(), func([]Record) ([]Record, error) { return nil, errChange }, "changed my mind"},
		"the file is broken":    {one("scopes", "scope"), add("b"), "keys.yaml:5:5: a key has a field scope"},
		"the id is taken":       {one(), add("ck_live_a"), "has a key ck_live_a already: choose another id"},
		"the record is refused": {one(), add("ck_test_b"), "key ck_test_b: the id names another environment"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.yaml")
			write(t, path, c.text)
			_, err := Edit(context.Background(), path, EditOptions{}, c.change)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v", err)
			}
			if text, _ := os.ReadFile(path); string(text) != c.text || listing(t, filepath.Dir(path)) != "keys.yaml" {
				t.Errorf("the directory holds %s, the file\n%s", listing(t, filepath.Dir(path)), text)
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "keys.yaml")
	if _, err := Edit(context.Background(), missing, EditOptions{}, add("a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	nowhere := filepath.Join(t.TempDir(), "none", "keys.yaml")
	if _, err := Edit(context.Background(), nowhere, EditOptions{Create: true}, add("a")); err == nil || !strings.Contains(err.Error(), "directory does not exist") {
		t.Errorf("a missing directory: %v", err)
	}
}

func TestEditKeepsModeAndLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		testneed.Skip(t, "Windows has neither mode bits nor symbolic links for everyone")
	}
	target, path := filepath.Join(t.TempDir(), "real.yaml"), filepath.Join(t.TempDir(), "keys.yaml")
	write(t, target, one())
	must(t, os.Chmod(target, 0o640))
	must(t, os.Symlink(target, path))
	if os.Getuid() == 0 {
		must(t, os.Chown(target, 1234, 1235))
	}
	if _, err := Edit(context.Background(), path, EditOptions{}, add("b")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(target)
	must(t, err)
	if info.Mode() != 0o640 {
		t.Errorf("the mode is %v", info.Mode())
	}
	if link, err := os.Readlink(path); err != nil || link != target {
		t.Errorf("the link was replaced: %s, %v", link, err)
	}
	if owner := fmt.Sprintf("%+v", info.Sys()); os.Getuid() == 0 && !strings.Contains(owner, "Uid:1234 Gid:1235") {
		t.Errorf("the owner changed: %s", owner)
	}
}

func TestEditsOfManyAtOnceAllHappen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	var editors sync.WaitGroup
	for i := range 12 {
		editors.Go(func() {
			if _, err := Edit(context.Background(), path, EditOptions{Create: true}, add(fmt.Sprint("key", i))); err != nil {
				t.Error(err)
			}
		})
	}
	editors.Wait()
	if records, err := Read(path); err != nil || len(records) != 12 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestEditGivesUpWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	write(t, path, one())
	held, err := lock(context.Background(), path)
	must(t, err)
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer stop()
	if _, err := Edit(ctx, path, EditOptions{}, add("b")); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "another process is editing") {
		t.Errorf("the error is %v", err)
	}
	must(t, held.Unlock())
	if _, err := Edit(context.Background(), path, EditOptions{}, add("b")); err != nil {
		t.Error(err)
	}
}

func TestReplaceFileFailsWhole(t *testing.T) {
	errFault := errors.New("no space left on device")
	for _, step := range []string{"own", "mode", "write", "sync", "close", "rename"} {
		t.Run(step, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.yaml")
			write(t, path, "old")
			err := replaceFile(path, []byte("new"), nil, func(at string) error {
				if at == step {
					return errFault
				}
				return nil
			})
			if text, _ := os.ReadFile(path); !errors.Is(err, errFault) || string(text) != "old" || listing(t, filepath.Dir(path)) != "keys.yaml" {
				t.Errorf("%v; the directory holds %s, the file %q", err, listing(t, filepath.Dir(path)), text)
			}
		})
	}
}

func TestReplaceFileClearsLeftovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	write(t, path, "old")
	write(t, filepath.Join(filepath.Dir(path), ".keys.yaml.123.tmp"), "half")
	write(t, filepath.Join(filepath.Dir(path), ".other.yaml.123.tmp"), "another's")
	write(t, filepath.Join(filepath.Dir(path), ".keys.yaml.old.123.tmp"), "that of keys.yaml.old")
	must(t, replaceFile(path, []byte("new"), nil, nil))
	if names := listing(t, filepath.Dir(path)); names != ".keys.yaml.old.123.tmp .other.yaml.123.tmp keys.yaml" {
		t.Errorf("the directory holds %s", names)
	}
}

// editForever is set in the process that TestEditSurvivesKill kills.
const editForever = "COUNTERSIGN_TEST_EDIT_FOREVER"

func TestEditSurvivesKill(t *testing.T) {
	if path := os.Getenv(editForever); path != "" {
		for {
			_, err := Edit(context.Background(), path, EditOptions{}, func(records []Record) ([]Record, error) {
				_, err := records[0].Rotate(NewSecret("live"), Rotation{Now: time.Now(), Overlap: time.Hour, Force: true})
				return records, err
			})
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println("edited")
		}
	}
	path := filepath.Join(t.TempDir(), "keys.yaml")
	write(t, path, full)
	before, err := Read(path)
	must(t, err)
	for i := range 15 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestEditSurvivesKill$")
		cmd.Env = append(os.Environ(), editForever+"="+path)
		output, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		// Killed once it is at work, after another number of edits each time.
		for seen := 0; seen <= i; {
			chunk := make([]byte, 7)
			if _, err := output.Read(chunk); err != nil {
				t.Fatal("the editor ended by itself")
			}
			seen++
		}
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		records, err := Read(path)
		if err != nil || len(records) != len(before) || records[0].Secrets[0].Secret.IsZero() || !records[1].equal(&before[1]) {
			t.Fatalf("after kill %d: %+v, %v", i, records, err)
		}
	}
	if _, err := Edit(context.Background(), path, EditOptions{}, add("last")); err != nil {
		t.Errorf("after the kills: %v", err)
	}
	if names := listing(t, filepath.Dir(path)); names != "keys.yaml" {
		t.Errorf("the directory holds %s", names)
	}
	text, err := os.ReadFile(path)
	must(t, err)
	if !strings.Contains(string(text), "# The warehouse.") || !strings.Contains(string(text), importedSecret) {
		t.Errorf("comments were lost:\n%s", text)
	}
}
