package testneed

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseTakesWholeNamesAlone(t *testing.T) {
	for list, want := range map[string][]string{
		"":                         nil,
		"curl":                     {"curl"},
		"curl,vault,mounts":        {"curl", "vault", "mounts"},
		strings.Join(Names(), ","): Names(),
	} {
		got, err := parse(list)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, %v", list, got, err)
		}
	}
	for _, list := range []string{"curly", "cur", "curl, vault", "curl,", ",", "Curl", "curl vault"} {
		if got, err := parse(list); err == nil || got != nil {
			t.Errorf("%q: %q, want an error", list, got)
		}
	}
}

// ended runs a test in which something is missing, and returns how it ended.
func ended(t *testing.T, end func(t testing.TB)) *recorder {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { defer close(done); end(r) }()
	<-done
	return r
}

func TestWhatIsMissingSkipsAndIsNoted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "skips")
	t.Setenv(skipsVariable, file)
	t.Setenv(requireVariable, "vault")
	for range 2 {
		r := ended(t, func(t testing.TB) { Missing(t, Curl, "install curl (apt-get install curl)") })
		if !r.skipped || r.failed || r.text != "install curl (apt-get install curl)" {
			t.Errorf("%+v", r)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line := "internal/testneed TestWhatIsMissingSkipsAndIsNoted: install curl (apt-get install curl)\n"
	if string(text) != line+line {
		t.Errorf("%q", text)
	}
}

func TestWhatIsRequiredOrUnknownFails(t *testing.T) {
	t.Setenv(skipsVariable, filepath.Join(t.TempDir(), "skips"))
	for _, test := range []struct{ required, name, says string }{
		{"vault,curl", Curl, "COUNTERSIGN_REQUIRE requires curl: install it"},
		{"vault,curls", Curl, `COUNTERSIGN_REQUIRE names "curls": it may name curl, aws-signing-test-suite, `},
		{"", "hen", `knows no "hen"`},
	} {
		t.Setenv(requireVariable, test.required)
		r := ended(t, func(t testing.TB) { Missing(t, test.name, "install it") })
		if !r.failed || r.skipped || !strings.Contains(r.text, test.says) {
			t.Errorf("%q: %+v", test.required, r)
		}
	}
}

func TestProgramLooksForIt(t *testing.T) {
	t.Setenv(skipsVariable, "")
	t.Setenv(requireVariable, "")
	directory := t.TempDir()
	t.Setenv("PATH", directory)
	if r := ended(t, func(t testing.TB) { Program(t, Curl, "apt-get install curl") }); !r.skipped || r.text != "install curl (apt-get install curl)" {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{"curl", "curl.exe"} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if r := ended(t, func(t testing.TB) { Program(t, Curl, "apt-get install curl") }); r.skipped || r.failed {
		t.Errorf("%+v", r)
	}
}
