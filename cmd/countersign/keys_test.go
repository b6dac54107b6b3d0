package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/server/filekeys"
)

var keysNow = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// keysRun is a key file, a clock, and what the last command wrote.
type keysRun struct {
	t           *testing.T
	file        string
	place       []string // the flags that name where keys are; default --file
	now         time.Time
	out, errOut string
}

func newKeysRun(t *testing.T) *keysRun {
	t.Setenv(keysFileVariable, "")
	return &keysRun{t: t, file: filepath.Join(t.TempDir(), "keys.yaml"), now: keysNow}
}

// run executes a keys command on the file, with input on its standard input.
func (k *keysRun) run(input string, args ...string) error {
	if k.place != nil {
		return k.raw(input, append(args, k.place...)...)
	}
	return k.raw(input, append(args, "--file", k.file)...)
}

func (k *keysRun) raw(input string, args ...string) error {
	var out, errOut bytes.Buffer
	cmd := (&keysCommand{now: func() time.Time { return k.now }}).command()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(input))
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	err := cmd.Execute()
	k.out, k.errOut = out.String(), errOut.String()
	return err
}

func (k *keysRun) ok(args ...string) {
	k.t.Helper()
	if err := k.run("", args...); err != nil {
		k.t.Fatalf("keys %s: %v", strings.Join(args, " "), err)
	}
}

// fails asserts a refusal (exit code 1) or wrong usage (exit code 2).
func (k *keysRun) fails(usage bool, want string, args ...string) {
	k.t.Helper()
	err := k.run("", args...)
	var wrong usageError
	if err == nil || errors.As(err, &wrong) != usage || !strings.Contains(err.Error(), want) {
		k.t.Errorf("keys %s: %v, not %q (wrong usage: %v)", strings.Join(args, " "), err, want, usage)
	}
	if k.out != "" {
		k.t.Errorf("keys %s: failed, and wrote %q", strings.Join(args, " "), k.out)
	}
}

func (k *keysRun) records() []filekeys.Record {
	k.t.Helper()
	records, err := filekeys.Read(k.file)
	if err != nil {
		k.t.Fatal(err)
	}
	return records
}

var keyLines = regexp.MustCompile(`^COUNTERSIGN_KEY_ID=(\S+)\nCOUNTERSIGN_SECRET=(\S+)\n$`)

// printed returns the key that the last command wrote, and asserts that it wrote nothing else to
// standard output and no secret to standard error.
func (k *keysRun) printed() (id, secret string) {
	k.t.Helper()
	lines := keyLines.FindStringSubmatch(k.out)
	if lines == nil || strings.Contains(k.errOut, lines[2]) {
		k.t.Fatalf("the output is\n%s\n%s", k.out, k.errOut)
	}
	return lines[1], lines[2]
}

func TestKeysNewMakesAFileAndShowsTheKeyOnce(t *testing.T) {
	k := newKeysRun(t)
	k.ok("new", "--environment", "live", "--scope", "orders:read,orders:write", "--scope", "refunds:read", "--dialect", "cs4,aws4",
		"--expires", "90d", "--source", "10.0.0.0/8", "--source", "2001:db8::/32", "--tier", "bulk", "--unsigned-payload", "--sign-content", "--signature-nonce")
	id, secret := k.printed()
	if !regexp.MustCompile(`^ck_live_[0-9a-z]{16}$`).MatchString(id) {
		t.Errorf("the id is %s", id)
	}
	r := k.records()[0]
	if r.ID != id || r.Secrets[0].Secret.Reveal() != secret || !r.Secrets[0].CreatedAt.Equal(keysNow) || len(r.Scopes) != 3 || len(r.Dialects) != 2 ||
		!r.ExpiresAt.Equal(keysNow.Add(90*24*time.Hour)) || len(r.Sources) != 2 || r.RateTier != "bulk" || !r.UnsignedPayload || !r.SignContent || !r.SignatureNonce {
		t.Errorf("the record is %+v", r)
	}
	if !strings.Contains(k.errOut, "made the key file") || !strings.Contains(k.errOut, "this one time") {
		t.Errorf("the hints are\n%s", k.errOut)
	}
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"show", id}, {"show", id, "--json"}, {"revoke", id}} {
		k.ok(args...)
		if strings.Contains(k.out+k.errOut, secret) || strings.Contains(k.out+k.errOut, secret[8:20]) {
			t.Errorf("keys %v shows the secret:\n%s", args, k.out)
		}
	}
}

func TestKeysNewImportsAKey(t *testing.T) {
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	k := newKeysRun(t)
	if err := k.run(secret+"\n", "new", "--environment", "live", "--dialect", "aws4", "--id", "AKIAIOSFODNN7EXAMPLE", "--import-secret-stdin"); err != nil {
		t.Fatal(err)
	}
	if k.out != "COUNTERSIGN_KEY_ID=AKIAIOSFODNN7EXAMPLE\n" || strings.Contains(k.errOut, secret) || !strings.Contains(k.errOut, "no checksum") {
		t.Errorf("the output is\n%s\n%s", k.out, k.errOut)
	}
	if r := k.records()[0]; r.Secrets[0].Secret.Reveal() != secret {
		t.Error("another secret was stored")
	}
	for _, input := range []string{"", "hunter2", secret + "\nmore", "cs_live_" + secret} {
		err := k.run(input, "new", "--environment", "live", "--id", "other", "--import-secret-stdin")
		if err == nil || len(input) > 8 && strings.Contains(err.Error(), input) || k.out != "" {
			t.Errorf("secret %q: %v", input, err)
		}
	}
}

func TestKeysWrongUsage(t *testing.T) {
	k := newKeysRun(t)
	live := []string{"new", "--environment", "live"}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"new"}, "name the environment"},
		{[]string{"new", "--environment", "Live"}, "an environment must be"},
		{append(live, "extra"), "extra"},
		{append(live, "--dialect", "cs5"), "--dialect takes cs4 and aws4"},
		{append(live, "--scope", "a b"), "a scope must be"},
		{append(live, "--scope", "a,a"), "named twice"},
		{append(live, "--source", "10.0.0.1"), "no network in CIDR form"},
		{append(live, "--source", "10.0.0.1/8"), "write 10.0.0.0/8"},
		{append(live, "--tier", "a b"), "a rate tier must be"},
		{append(live, "--id", "a/b"), "a key id must be"},
		{append(live, "--id", "ck_test_a"), "another environment"},
		{append(live, "--expires", "soon"), "write 90d"},
		{append(live, "--expires", "2020-01-01T00:00:00Z"), "must end in the future"},
		{append(live, "--expires", "0d"), "must end in the future"},
		{[]string{"rotate", "x", "--overlap", "-1h"}, "write 24h"},
		{[]string{"revoke", "x", "--remove", "--secret-index", "0"}, "exclude each other"},
		{[]string{"show"}, "ID"},
		{[]string{"rotate", "a", "b"}, "one argument"},
		{[]string{"lisst"}, "lisst"},
	} {
		k.fails(true, c.want, c.args...)
	}
	if _, err := os.Stat(k.file); err == nil {
		t.Error("wrong usage made a file")
	}
	if err := k.raw("", "list"); !errors.As(err, &usageError{}) || !strings.Contains(err.Error(), keysFileVariable) {
		t.Errorf("without a file: %v", err)
	}
}

func TestKeysRefusals(t *testing.T) {
	k := newKeysRun(t)
	k.fails(false, "make one with countersign keys new", "list")
	k.ok("new", "--environment", "live", "--id", "a")
	k.fails(false, "has a key a already", "new", "--environment", "live", "--id", "a")
	for _, args := range [][]string{{"show", "b"}, {"rotate", "b"}, {"revoke", "b"}, {"revoke", "b", "--remove"}, {"revoke", "b", "--secret-index", "0"}} {
		k.fails(false, "no key of that id", args...)
	}
	k.fails(false, "last active secret", "revoke", "a", "--secret-index", "0")
	k.fails(false, "there is no secret 7", "revoke", "a", "--secret-index", "7")
	if err := os.WriteFile(k.file, []byte("version: 1\nkeys: []\nnews: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k.fails(false, "keys.yaml:3:1: a key file has a field news that is unknown", "new", "--environment", "live")
}

func TestKeysFileVariable(t *testing.T) {
	k := newKeysRun(t)
	t.Setenv(keysFileVariable, k.file)
	if err := k.raw("", "new", "--environment", "live"); err != nil || len(k.records()) != 1 {
		t.Error(err)
	}
}

func TestKeysRotate(t *testing.T) {
	k := newKeysRun(t)
	k.ok("new", "--environment", "live", "--id", "a")
	_, first := k.printed()
	k.now = k.now.Add(time.Hour)
	k.ok("rotate", "a")
	_, second := k.printed()
	secrets := k.records()[0].Secrets
	if len(secrets) != 2 || secrets[0].Secret.Reveal() != second || secrets[1].Secret.Reveal() != first || first == second ||
		!secrets[0].NotAfter.IsZero() || !secrets[1].NotAfter.Equal(k.now.Add(24*time.Hour)) || !secrets[0].CreatedAt.Equal(k.now) {
		t.Fatalf("the secrets are %+v", secrets)
	}
	k.ok("rotate", "a", "--overlap", "7d") // the first one's earlier end stays
	if secrets := k.records()[0].Secrets; !secrets[2].NotAfter.Equal(k.now.Add(24*time.Hour)) || !secrets[1].NotAfter.Equal(k.now.Add(7*24*time.Hour)) {
		t.Errorf("the secrets are %+v", secrets)
	}
	k.ok("rotate", "a", "--overlap", "7d")
	k.fails(false, "--force", "rotate", "a")
	if len(k.records()[0].Secrets) != 4 {
		t.Error("the refused rotation changed the file")
	}
	k.ok("rotate", "a", "--force")
	if secrets := k.records()[0].Secrets; len(secrets) != 4 || secrets[3].Secret.Reveal() == first || !strings.Contains(k.errOut, "dropped the oldest") {
		t.Errorf("the secrets are %+v, the hints\n%s", secrets, k.errOut)
	}
	k.now = k.now.Add(25 * time.Hour)
	k.ok("rotate", "a", "--overlap", "1h") // what has ended makes room
	if secrets := k.records()[0].Secrets; len(secrets) != 2 {
		t.Errorf("the secrets are %+v", secrets)
	}
	k.ok("rotate", "a", "--overlap", "0s")
	if secrets := k.records()[0].Secrets; len(secrets) != 1 || !strings.Contains(k.errOut, "no older secret") {
		t.Errorf("the secrets are %+v, the hints\n%s", secrets, k.errOut)
	}
}

func TestKeysRevoke(t *testing.T) {
	k := newKeysRun(t)
	k.ok("new", "--environment", "live", "--id", "a")
	k.ok("new", "--environment", "live", "--id", "b")
	k.ok("revoke", "a")
	k.ok("revoke", "a") // again: nothing to do
	if r := k.records(); !r[0].Disabled || r[1].Disabled {
		t.Errorf("the records are %+v", r)
	}
	k.ok("rotate", "a")
	if !k.records()[0].Disabled || !strings.Contains(k.errOut, "still disabled") {
		t.Errorf("rotation revived a revoked key, or did not say that it is one:\n%s", k.errOut)
	}
	k.ok("revoke", "a", "--remove")
	if r := k.records(); len(r) != 1 || r[0].ID != "b" {
		t.Errorf("the records are %+v", r)
	}
	old := k.records()[0].Secrets[0].Secret
	k.ok("rotate", "b")
	k.ok("revoke", "b", "--secret-index", "0")
	if secrets := k.records()[0].Secrets; len(secrets) != 1 || !secrets[0].Secret.Equal(old) || !strings.Contains(k.errOut, "rotate the key before") {
		t.Errorf("the secrets are %+v, the hints\n%s", secrets, k.errOut)
	}
}

func TestKeysListAndShow(t *testing.T) {
	k := newKeysRun(t)
	k.ok("new", "--environment", "live", "--id", "a", "--scope", "orders:read,orders:write", "--dialect", "cs4,aws4", "--expires", "2027-06-30T00:00:00Z")
	k.ok("new", "--environment", "live", "--id", "b", "--expires", "2h")
	k.ok("new", "--environment", "live", "--id", "c")
	k.ok("new", "--environment", "live", "--id", "d")
	k.ok("revoke", "c")
	k.now = k.now.Add(3 * time.Hour)
	k.ok("rotate", "a", "--overlap", "12h")
	k.ok("rotate", "d", "--overlap", "1h")
	k.ok("revoke", "d", "--secret-index", "0")
	k.now = k.now.Add(2 * time.Hour)

	k.ok("list")
	if want := `ID  ENVIRONMENT  SCOPES                    DIALECTS  SECRETS  EXPIRES               STATE
a   live         orders:read,orders:write  cs4,aws4  2        2027-06-30T00:00:00Z  rotating
b   live         -                         cs4       1        2026-11-20T14:00:00Z  expired
c   live         -                         cs4       1        never                 disabled
d   live         -                         cs4       0        never                 ended
`; k.out != want {
		t.Errorf("the list is\n%s\nnot\n%s", k.out, want)
	}
	k.ok("list", "--json")
	var views []map[string]any
	if err := json.Unmarshal([]byte(k.out), &views); err != nil || len(views) != 4 || views[0]["state"] != "rotating" || views[2]["disabled"] != true || views[2]["expires_at"] != nil {
		t.Errorf("%v:\n%s", err, k.out)
	}
	k.ok("show", "a")
	if want := `id                a
state             rotating
environment       live
scopes            orders:read,orders:write
dialects          cs4,aws4
expires           2027-06-30T00:00:00Z
sources           any
rate tier         default
unsigned payload  no
sign content      no
signature nonce   no
secret 0          active, made 2h ago (2026-11-20T15:00:00Z)
secret 1          active, made 5h ago (2026-11-20T12:00:00Z), ends in 10h (2026-11-21T03:00:00Z)
`; k.out != want {
		t.Errorf("the key is\n%s\nnot\n%s", k.out, want)
	}
	k.ok("show", "d", "--json")
	var view keyView
	if err := json.Unmarshal([]byte(k.out), &view); err != nil || view.State != "ended" || len(view.Secrets) != 1 || view.Secrets[0].Active || view.Secrets[0].NotAfter == nil {
		t.Errorf("%v:\n%s", err, k.out)
	}
}

func TestKeysListOfNone(t *testing.T) {
	k := newKeysRun(t)
	k.ok("new", "--environment", "live", "--id", "a")
	k.ok("revoke", "a", "--remove")
	k.ok("list")
	if k.out != "" || !strings.Contains(k.errOut, "countersign keys new") {
		t.Errorf("the output is\n%s\n%s", k.out, k.errOut)
	}
	k.ok("list", "--json")
	if k.out != "[]\n" {
		t.Errorf("the output is %q", k.out)
	}
}

func TestKeysNewSaysWhenTheKeyCannotBeShown(t *testing.T) {
	k := newKeysRun(t)
	cmd := newKeysCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"new", "--environment", "live", "--file", k.file})
	closed, writer := io.Pipe()
	closed.Close()
	cmd.SetOut(writer)
	cmd.SetErr(io.Discard)
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "rotate it") || !strings.Contains(err.Error(), k.records()[0].ID) {
		t.Errorf("the error is %v", err)
	}
}
