package vaultkeys

import (
	"slices"
	"strconv"
	"time"
)

// history is what Vault tells of a key's versions, the current one first. Two that are equal have
// the same contents: a version's fields never change, only whether it is deleted.
type history []version

// version is one of them. Instants are Vault's.
type version struct {
	number    int
	created   time.Time
	deleted   time.Time // from then on it cannot be read; zero: never. May lie ahead.
	destroyed bool
}

// gone reports whether the version cannot be read at now.
func (v version) gone(now time.Time) bool {
	return v.destroyed || !v.deleted.IsZero() && !now.Before(v.deleted)
}

type versionElement struct {
	CreatedTime  string `json:"created_time"`
	DeletionTime string `json:"deletion_time"`
	Destroyed    bool   `json:"destroyed"`
}

// newHistory returns errGone for a path without versions: one whose metadata was written, and no
// data yet.
func newHistory(current int, elements map[string]versionElement) (history, error) {
	if current == 0 && len(elements) == 0 {
		return nil, errGone
	}
	h := make(history, 0, len(elements))
	for name, element := range elements {
		number, err := strconv.Atoi(name)
		if err != nil || number < 1 || number > current {
			return nil, errGarbage
		}
		v := version{number: number, destroyed: element.Destroyed}
		if v.created, err = time.Parse(time.RFC3339Nano, element.CreatedTime); err != nil {
			return nil, errGarbage
		}
		if element.DeletionTime != "" {
			if v.deleted, err = time.Parse(time.RFC3339Nano, element.DeletionTime); err != nil {
				return nil, errGarbage
			}
		}
		h = append(h, v)
	}
	slices.SortFunc(h, func(a, b version) int { return b.number - a.number })
	if len(h) == 0 || h[0].number != current {
		return nil, errGarbage
	}
	return h, nil
}

func (h history) equal(other history) bool {
	return slices.EqualFunc(h, other, func(a, b version) bool {
		return a.number == b.number && a.created.Equal(b.created) && a.deleted.Equal(b.deleted) && a.destroyed == b.destroyed
	})
}

// clockError is by how much a clock may differ from Vault's without keeping a deletion of Vault's
// from being in force.
const clockError = 10 * time.Minute

// ending reports whether a version is being deleted, or was a moment ago, by a clock that may not
// be Vault's: then the history alone does not tell whether it can be read.
func (h history) ending(now time.Time) bool {
	return slices.ContainsFunc(h, func(v version) bool {
		return !v.destroyed && !v.deleted.IsZero() && v.deleted.Sub(now).Abs() < clockError
	})
}
