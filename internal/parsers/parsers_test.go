// Package parsers asserts that every parser of the module is fuzzed.
package parsers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/countersign-dev/countersign/"

// A parser is known by its name. Functions that read or load something open it, and leave it to one
// of these.
var parserName = regexp.MustCompile(`^(parse|Parse|scan|decode|Decode|unpack|unseal|unescape|Unmarshal|split)([A-Z0-9]|$)`)

// harness reports whether only tests and measurements use a package.
func harness(directory string) bool {
	inside := strings.HasPrefix(directory, "internal/") && directory != "internal/explain" && !strings.HasPrefix(directory, "internal/service/")
	return inside || directory == "testvectors/generate"
}

// exempt are those that no fuzzer has to reach, by "package.function", and why.
var exempt = map[string]string{
	"internal/explain.decodePlus": "is strings.ReplaceAll",
}

// TestEveryParserIsFuzzed runs the fuzzers' seeds, package by package, and asks which parsers were
// reached: one that is not is fuzzed by nobody.
func TestEveryParserIsFuzzed(t *testing.T) {
	root := filepath.Join("..", "..")
	parsers := parsersBelow(t, root)
	require.Greater(t, len(parsers), 10, "parsers are no longer known by their names")
	used := map[string]bool{}
	for _, directory := range slices.Sorted(maps.Keys(parsers)) {
		if harness(directory) {
			continue
		}
		var unknown []string
		for _, name := range parsers[directory] {
			used[directory+"."+name] = true
			if exempt[directory+"."+name] == "" {
				unknown = append(unknown, name)
			}
		}
		if len(unknown) == 0 {
			continue
		}
		reached := reachedByFuzzers(t, root, directory)
		for _, name := range unknown {
			assert.True(t, reached[name], "%s.%s is reached by no fuzzer of its package: write one, or say in exempt why not", directory, name)
		}
	}
	for name := range exempt {
		assert.True(t, used[name], "%s is exempt, and there is no such function", name)
	}
}

// parsersBelow returns the parsers of each package of the main module, by its directory.
func parsersBelow(t *testing.T, root string) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .GoFiles}} {{.}}{{end}}", module+"...")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	found := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		directory := strings.TrimPrefix(words[0], module)
		for _, name := range words[1:] {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, directory, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, declared := range file.Decls {
				if f, ok := declared.(*ast.FuncDecl); ok && parserName.MatchString(f.Name.Name) {
					found[directory] = append(found[directory], f.Name.Name)
				}
			}
		}
	}
	return found
}

var coverLine = regexp.MustCompile(`(?m)^\S+:\d+:\s+(\S+)\s+([0-9.]+)%$`)

// reachedByFuzzers returns the functions that the seeds of a package's fuzzers reach.
func reachedByFuzzers(t *testing.T, root, directory string) map[string]bool {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "cover.out")
	test := exec.Command("go", "test", "-run", "^Fuzz", "-coverprofile", profile, module+directory)
	test.Dir = root
	out, err := test.CombinedOutput()
	require.NoError(t, err, "%s", out)
	cover := exec.Command("go", "tool", "cover", "-func", profile)
	cover.Dir = root
	out, err = cover.Output()
	require.NoError(t, err)
	reached := map[string]bool{}
	for _, line := range coverLine.FindAllStringSubmatch(string(out), -1) {
		if line[2] != "0.0" {
			reached[line[1]] = true
		}
	}
	return reached
}
