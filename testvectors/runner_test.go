package testvectors_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/testneed"
	"github.com/countersign-dev/countersign/testvectors"
)

// judge runs the verifier in Python, which shares no code with this module, and returns what it
// prints. -S leaves it the standard library alone.
func judge(t *testing.T, directory string) (lines []string, passed bool) {
	t.Helper()
	testneed.Program(t, testneed.Python, "apt-get install python3")
	scripts, err := filepath.Glob("runner/*.py")
	require.NoError(t, err)
	for _, script := range scripts { // so that go test keeps no result once one has changed
		_, err := os.ReadFile(script)
		require.NoError(t, err)
	}
	out, err := exec.CommandContext(t.Context(), "python3", "-S", "-E", "runner/run.py", directory).CombinedOutput()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		require.NoError(t, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"), err == nil
}

func TestIndependentVerifierJudgesEveryCaseAsItSays(t *testing.T) {
	lines, passed := judge(t, ".")
	assert.True(t, passed)
	accepted, refused := count(load(t))
	assert.Equal(t, []string{fmt.Sprintf("%d accepted and %d refused cases judged: %d right, 0 wrong",
		accepted, refused, accepted+refused)}, lines)
	t.Log(lines[len(lines)-1])
}

func TestIndependentVerifierFailsOnAnAlteredCorpus(t *testing.T) {
	set := load(t)
	cases := map[string]*testvectors.Case{}
	for _, c := range set.Cases {
		cases[c.Name] = c
	}
	accepted, refused := count(set)
	otherDigit := func(digit byte) byte {
		if digit == '0' {
			return '1'
		}
		return '0'
	}
	for _, test := range []struct {
		name  string
		wrong int // cases
		alter func(name string, text []byte) []byte
	}{
		{"a byte of each request", accepted, func(name string, text []byte) []byte {
			if cases[name].Accepted() {
				text[bytes.Index(text, cases[name].Raw)]++ // of the method
			}
			return text
		}},
		{"a byte of each canonical request's hash", accepted, func(name string, text []byte) []byte {
			if cases[name].Accepted() {
				at := bytes.Index(text, []byte(cases[name].CanonicalRequestSHA256))
				text[at] = otherDigit(text[at])
			}
			return text
		}},
		{"a byte of each signature, in the field and in the request", accepted, func(name string, text []byte) []byte {
			if c := cases[name]; c.Accepted() {
				altered := []byte(c.Signature)
				altered[63] = otherDigit(altered[63])
				text = bytes.ReplaceAll(text, []byte(c.Signature), altered)
			}
			return text
		}},
		{"each reason", refused, func(name string, text []byte) []byte {
			reason, other := cases[name].Reason, "bad_path"
			if reason == other {
				other = "bad_query"
			}
			return bytes.Replace(text, []byte("\nreason: "+reason+"\n"), []byte("\nreason: "+other+"\n"), 1)
		}},
		{"each refused case, whose one change is undone", refused, func(name string, text []byte) []byte {
			if cases[name].Accepted() {
				return text
			}
			return asAccepted(cases[name], cases[cases[name].DiffersFrom])
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			directory := t.TempDir()
			require.NoError(t, fs.WalkDir(testvectors.FS, ".", func(name string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				text, err := fs.ReadFile(testvectors.FS, name)
				if err != nil {
					return err
				}
				if cases[name] != nil {
					text = test.alter(name, text)
				}
				path := filepath.Join(directory, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return err
				}
				return os.WriteFile(path, text, 0o600)
			}))
			lines, passed := judge(t, directory)
			assert.False(t, passed)
			assert.Equal(t, test.wrong+1, len(lines))
			assert.Equal(t, fmt.Sprintf("%d accepted and %d refused cases judged: %d right, %d wrong",
				accepted, refused, accepted+refused-test.wrong, test.wrong), lines[len(lines)-1])
		})
	}
}

// asAccepted is a refused case with everything but its reason as in the accepted one.
func asAccepted(refused, accepted *testvectors.Case) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "about: %s\ntime: %s\nreason: %s\ndiffers-from: %s\nremote: %s\n", refused.About,
		accepted.Time.Format("20060102T150405Z"), refused.Reason, accepted.Name, accepted.Remote)
	if accepted.Layer != "" {
		fmt.Fprintf(&text, "layer: %s\n", accepted.Layer)
	}
	for _, claimed := range accepted.Claimed {
		fmt.Fprintf(&text, "claimed: %s %s\n", claimed.KeyID, claimed.Nonce)
	}
	return append([]byte(text.String()+"\n"), accepted.Raw...)
}

func TestIndependentVerifierFailsOnAnEmptyCorpus(t *testing.T) {
	lines, passed := judge(t, t.TempDir())
	assert.False(t, passed)
	assert.Len(t, lines, 1)
	assert.Contains(t, lines[0], "verifier.json")
}

func count(set *testvectors.Set) (accepted, refused int) {
	for _, c := range set.Cases {
		if c.Accepted() {
			accepted++
		} else {
			refused++
		}
	}
	return accepted, refused
}
