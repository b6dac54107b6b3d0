package filekeys

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/internal/logbuffer"
	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/server"
)

// followed is a Source on a file of its own, and what it told.
type followed struct {
	*Source
	path     string
	statuses chan Status
	log      *logbuffer.Buffer
}

// follow opens a source on path, which it writes with text first unless text is empty.
func follow(t *testing.T, path, text string, adapt ...func(*Options)) *followed {
	t.Helper()
	if text != "" {
		write(t, path, text)
	}
	f := &followed{path: path, statuses: make(chan Status, 100), log: &logbuffer.Buffer{}}
	options := Options{
		Logger:   slog.New(slog.NewTextHandler(f.log, nil)),
		Poll:     time.Hour, // only what is reported is read
		Debounce: time.Millisecond,
		Now:      func() time.Time { return testNow },
		Notify:   func(s Status) { f.statuses <- s },
	}
	for _, change := range adapt {
		change(&options)
	}
	var err error
	if f.Source, err = Open(path, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if status := f.next(t); status.Err != nil {
		t.Fatal(status.Err)
	}
	return f
}

// next waits for the next report.
func (f *followed) next(t *testing.T) Status {
	t.Helper()
	select {
	case status := <-f.statuses:
		return status
	case <-time.After(20 * time.Second):
		t.Fatalf("no change was seen; the log says\n%s", f.log)
		return Status{}
	}
}

func (f *followed) key(t *testing.T, id string) *server.Key {
	t.Helper()
	key, err := f.Key(context.Background(), id)
	if err != nil {
		t.Fatalf("key %s: %v", id, err)
	}
	return key
}

func (f *followed) unknown(t *testing.T, id string) {
	t.Helper()
	if key, err := f.Key(context.Background(), id); key != nil || !errors.Is(err, server.ErrUnknownKey) {
		t.Fatalf("key %s: %v, %v, not ErrUnknownKey", id, key, err)
	}
}

// write puts a file with this text at path at once, as every careful editor does.
func write(t *testing.T, path, text string) {
	t.Helper()
	temporary := filepath.Join(t.TempDir(), "new")
	if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, path); err != nil {
		t.Fatal(err)
	}
}

func TestSourceServesTheFilesKeys(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), full)
	key := f.key(t, "ck_live_7h2kq9m4x8wz3n5c")
	if key.Environment != "live" || len(key.Secrets) != 2 || key.Secrets[1].NotAfter.IsZero() || key.RateTier != "bulk" ||
		!key.UnsignedPayload || !key.SignContent || len(key.Sources) != 2 || len(key.Dialects) != 2 || key.ExpiresAt.IsZero() {
		t.Errorf("the key is %+v", key)
	}
	if !f.key(t, "AKIAIOSFODNN7EXAMPLE").Disabled {
		t.Error("the disabled key is not disabled")
	}
	f.unknown(t, "ck_live_other")
	if status := f.Status(); status.Keys != 2 || status.LoadedAt != testNow || status.CheckedAt != testNow || status.Err != nil || status.Path != f.path {
		t.Errorf("the status is %+v", status)
	}
	if log := f.log.String(); !strings.Contains(log, "not made by countersign") || strings.Contains(log, importedSecret) {
		t.Errorf("the imported secret is not warned about, or printed:\n%s", log)
	}
}

func TestSourceFollowsChanges(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), one())
	write(t, f.path, one("ck_live_a", "ck_live_b"))
	if status := f.next(t); status.Err != nil || status.Keys != 1 {
		t.Fatalf("the status is %+v", status)
	}
	f.key(t, "ck_live_b")
	f.unknown(t, "ck_live_a") // what is taken out of the file is revoked
}

func TestSourceFollowsWritesInPlace(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), one())
	if err := os.WriteFile(f.path, []byte(one("ck_live_a", "ck_live_b")), 0o600); err != nil {
		t.Fatal(err)
	}
	// The truncated file may be seen first.
	for f.next(t).Err != nil {
		f.key(t, "ck_live_a")
	}
	f.key(t, "ck_live_b")
}

func TestSourceKeepsLastGoodKeys(t *testing.T) {
	breaks := map[string]struct {
		spoil func(path string) error
		want  string
	}{
		"a broken edit": {func(path string) error {
			return os.WriteFile(path, []byte(one("scopes", "scope")), 0o600)
		}, "keys.yaml:5:5: a key has a field scope that is unknown"},
		"a removed file": {os.Remove, "make one with countersign keys new"},
		"a file that others can read": {func(path string) error {
			return os.Chmod(path, 0o644)
		}, "chmod 600"},
	}
	for name, c := range breaks {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "others") && runtime.GOOS == "windows" {
				testneed.Skip(t, "Windows has no mode bits")
			}
			f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), one())
			if err := c.spoil(f.path); err != nil {
				t.Fatal(err)
			}
			status := f.next(t)
			for status.Err != nil && strings.Contains(status.Err.Error(), "empty") {
				status = f.next(t) // the moment between truncation and writing
			}
			if status.Err == nil || !strings.Contains(status.Err.Error(), c.want) || status.Keys != 1 || status.LoadedAt != testNow {
				t.Fatalf("the status is %+v", status)
			}
			f.key(t, "ck_live_a")
			if log := f.log.String(); !strings.Contains(log, "last good keys stay in force") {
				t.Errorf("the log does not say so:\n%s", log)
			}

			write(t, f.path, one())
			if status := f.next(t); status.Err != nil {
				t.Fatalf("after the repair the status is %+v", status)
			}
			write(t, f.path, one("ck_live_a", "ck_live_b"))
			f.next(t)
			f.key(t, "ck_live_b")
		})
	}
}

func TestSourceTellsLastingTroubleOnce(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), one())
	write(t, f.path, one("scopes", "scope"))
	f.next(t)
	for range 3 {
		if err := f.Reload(); err == nil {
			t.Fatal("the broken file is loaded")
		}
	}
	if said := strings.Count(f.log.String(), "last good keys"); said != 1 || len(f.statuses) != 0 {
		t.Errorf("said %d times, with %d more reports", said, len(f.statuses))
	}
}

func TestSourcePollsWhatIsNotReported(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), one(), func(o *Options) {
		o.Debounce = time.Hour // what is reported is read an hour later
		o.Poll = 5 * time.Millisecond
	})
	write(t, f.path, one("ck_live_a", "ck_live_b"))
	f.next(t)
	f.key(t, "ck_live_b")
}

// A Kubernetes volume holds a link keys.yaml → ..data/keys.yaml, and ..data → a directory that each
// update makes anew; the link ..data is swapped by a rename, and the old directory removed.
func TestSourceFollowsKubernetesVolumes(t *testing.T) {
	if runtime.GOOS == "windows" {
		testneed.Skip(t, "Windows has no symbolic links for everyone")
	}
	volume := t.TempDir()
	publish := func(name, text string) {
		t.Helper()
		must(t, os.Mkdir(filepath.Join(volume, name), 0o755))
		must(t, os.WriteFile(filepath.Join(volume, name, "keys.yaml"), []byte(text), 0o440))
		must(t, os.Symlink(name, filepath.Join(volume, "..data_tmp")))
		must(t, os.Rename(filepath.Join(volume, "..data_tmp"), filepath.Join(volume, "..data")))
	}
	publish("..2026_11_20_a", one())
	path := filepath.Join(volume, "keys.yaml")
	must(t, os.Symlink(filepath.Join("..data", "keys.yaml"), path))
	f := follow(t, path, "")
	f.key(t, "ck_live_a")

	publish("..2026_11_20_b", one("ck_live_a", "ck_live_b"))
	must(t, os.RemoveAll(filepath.Join(volume, "..2026_11_20_a")))
	f.next(t)
	f.key(t, "ck_live_b")

	// A second swap proves that the watch went over to the new directory's parents.
	publish("..2026_11_20_c", one("ck_live_a", "ck_live_c"))
	f.next(t)
	f.key(t, "ck_live_c")
}

func TestSourceFollowsTheTargetOfALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		testneed.Skip(t, "Windows has no symbolic links for everyone")
	}
	target, path := filepath.Join(t.TempDir(), "real.yaml"), filepath.Join(t.TempDir(), "keys.yaml")
	write(t, target, one())
	must(t, os.Symlink(target, path))
	f := follow(t, path, "")
	write(t, target, one("ck_live_a", "ck_live_b"))
	f.next(t)
	f.key(t, "ck_live_b")
}

func TestReloadKeepsUnchangedKeysAndSecrets(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), full)
	kept, changed := f.key(t, "AKIAIOSFODNN7EXAMPLE"), f.key(t, "ck_live_7h2kq9m4x8wz3n5c")
	write(t, f.path, strings.ReplaceAll(full, "rate_tier: bulk", "rate_tier: slow"))
	f.next(t)
	if f.key(t, kept.ID) != kept {
		t.Error("a record that did not change is another key")
	}
	now := f.key(t, changed.ID)
	if now == changed || now.RateTier != "slow" || changed.RateTier != "bulk" {
		t.Error("a record that changed is the same key, or was changed in place")
	}
	for i := range now.Secrets {
		if now.Secrets[i].Secret != changed.Secrets[i].Secret { // the same memo of signing keys
			t.Errorf("secret %d is another value", i)
		}
	}
	if warned := strings.Count(f.log.String(), "not made by countersign"); warned != 1 {
		t.Errorf("the imported secret was warned about %d times", warned)
	}
}

func TestSecretsThatEndedComeLast(t *testing.T) {
	ended := "        not_after: 2026-11-20T11:00:00Z\n"
	text := one("        created_at: 2026-11-20T09:00:00Z\n", ended) + moreSecrets(4, "")
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), text)
	key := f.key(t, "ck_live_a")
	for i := range server.MaxActiveSecrets {
		if !key.Secrets[i].NotAfter.IsZero() {
			t.Errorf("of the first %d secrets, secret %d has ended", server.MaxActiveSecrets, i)
		}
	}
	if len(key.Secrets) != 5 || !key.Secrets[4].Secret.Equal(canonical.NewSecret(testSecret("live", 1))) {
		t.Errorf("the secrets are %+v", key.Secrets)
	}
}

func TestOpenRefusesWhatItCannotTrust(t *testing.T) {
	directory := t.TempDir()
	file := func(mode fs.FileMode) string {
		path := filepath.Join(directory, mode.String())
		write(t, path, one())
		must(t, os.Chmod(path, mode))
		return path
	}
	cases := map[string]struct {
		path, want string
		unixOnly   bool
	}{
		"a missing file":    {filepath.Join(directory, "none"), "make one with countersign keys new --file", false},
		"a directory":       {directory, "not a regular file", false},
		"read by others":    {file(0o604), "everyone can read this file, and it holds secrets: chmod 600", true},
		"written by others": {file(0o602), "everyone can write this file, and it holds keys: chmod 600", true},
		"written by group":  {file(0o660), "its group can write this file, and it holds keys: chmod g-w", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.unixOnly && runtime.GOOS == "windows" {
				testneed.Skip(t, "Windows has no mode bits")
			}
			source, err := Open(c.path, Options{Logger: slog.New(slog.DiscardHandler)})
			var refused *Error
			if source != nil || !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, %v", source, err)
			}
		})
	}
	for _, mode := range []fs.FileMode{0o600, 0o400, 0o440, 0o640} {
		if source, err := Open(file(mode), Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
			t.Errorf("mode %v: %v", mode, err)
		} else {
			must(t, source.Close())
		}
	}
}

func TestZeroSourceCannotTell(t *testing.T) {
	var s Source
	if key, err := s.Key(context.Background(), "a"); key != nil || err == nil || errors.Is(err, server.ErrUnknownKey) {
		t.Errorf("%v, %v", key, err)
	}
	if s.Status().Err == nil || s.Reload() == nil || s.Close() != nil {
		t.Error("the zero source is open")
	}
}

func TestKeysCanBeReadWhileTheyAreReloaded(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), one())
	ctx, stop := context.WithCancel(context.Background())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if key, err := f.Key(ctx, "ck_live_a"); err != nil || key.Secrets[0].Secret.IsZero() {
					t.Errorf("%v, %v", key, err)
					return
				}
				_ = f.Status()
				runtime.Gosched() // the writer needs a processor too
			}
		})
	}
	for i := range 20 {
		write(t, f.path, one("orders:read", "orders:"+strings.Repeat("x", i+1)))
		f.next(t)
	}
	stop()
	readers.Wait()
}

func TestClosedSourceServesWhatItHad(t *testing.T) {
	f := follow(t, filepath.Join(t.TempDir(), "keys.yaml"), one())
	must(t, f.Close())
	must(t, f.Close())
	f.key(t, "ck_live_a")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
