package testvectors_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadmeNamesCasesThatExist(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## What is probed\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	exists := map[string]bool{}
	for _, c := range load(t).Cases {
		exists[c.Name] = true
	}
	name := regexp.MustCompile("`([a-z0-9]+/[a-z0-9-]+)`")
	rows := 0
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(cells[1], "---") || cells[1] == " attack " {
			continue
		}
		rows++
		refused, accepted := name.FindAllStringSubmatch(cells[2], -1), name.FindAllStringSubmatch(cells[3], -1)
		assert.NotEmpty(t, refused, cells[1])
		for _, match := range refused {
			assert.True(t, exists["refuse/"+match[1]+".txt"], "refuse/%s.txt", match[1])
		}
		for _, match := range accepted {
			assert.True(t, exists["accept/"+match[1]+".txt"], "accept/%s.txt", match[1])
		}
	}
	assert.Greater(t, rows, 50)
}
