package testvectors

import (
	"errors"
	"fmt"
	"io/fs"
)

// A Set is a corpus: the cases, and the settings of the verifier that they are run against.
type Set struct {
	Verifier *Verifier
	Cases    []*Case // sorted by name
}

// Load reads the corpus at the root of fsys: verifier.json and the folders accept and refuse. It is
// strict: a file that it cannot read whole, a file that is no case, a refused case without its
// accepted one, and a corpus without a case of either kind are errors.
func Load(fsys fs.FS) (*Set, error) {
	text, err := fs.ReadFile(fsys, "verifier.json")
	if err != nil {
		return nil, err
	}
	verifier, err := parseVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("verifier.json: %w", err)
	}
	set := &Set{Verifier: verifier}
	accepted := map[string]bool{}
	for _, folder := range []string{"accept", "refuse"} {
		cases, err := loadFolder(fsys, folder)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			if c.Accepted() {
				accepted[c.Name] = true
			} else if !accepted[c.DiffersFrom] {
				return nil, fmt.Errorf("%s: there is no %s to differ from", c.Name, c.DiffersFrom)
			}
		}
		set.Cases = append(set.Cases, cases...)
	}
	return set, nil
}

func loadFolder(fsys fs.FS, folder string) ([]*Case, error) {
	var cases []*Case
	err := fs.WalkDir(fsys, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		c, err := parseCase(name, text)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		cases = append(cases, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(cases) == 0 {
		return nil, errors.New("the folder " + folder + " holds no case")
	}
	return cases, nil
}
