package filekeys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// EditOptions are what [Edit] can be told.
type EditOptions struct {
	// Create makes a file that does not exist, with mode 0600. Its directory must exist.
	Create bool
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// Edited tells what an [Edit] did to the file.
type Edited struct {
	// Created: the file did not exist before.
	Created bool
	// Reformatted: the file was laid out in a way that could not be changed in place; it was
	// written anew, and lost its comments but for those at its top.
	Reformatted bool
}

// Edit changes the key file at path. Change is handed copies of its records and returns the records
// that it shall hold: with new ones at the end, others changed or left out. An error of change
// leaves the file as it is, and is returned as it is; so is a file that cannot be loaded left as it
// is, and one whose records would break a rule.
//
// Edits by several processes come one after the other, held apart by a lock on a file beside it
// (.<name>.lock, which stays). The file is replaced as a whole: whoever reads it, and whatever
// dies, finds the old text or the new one. The new file has the old one's mode and owner, and
// reaches the disk before Edit returns. Comments and layout are kept where possible; a link is
// followed, and its target replaced.
func Edit(ctx context.Context, path string, options EditOptions, change func([]Record) ([]Record, error)) (Edited, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		target, err = path, nil
	}
	if err != nil {
		return Edited{}, fileError(path, err)
	}
	locked, err := lock(ctx, target)
	if err != nil {
		return Edited{}, err
	}
	defer func() { _ = locked.Unlock() }()

	data, info, err := readFile(target)
	edited := Edited{}
	if options.Create && errors.Is(err, fs.ErrNotExist) {
		edited.Created, err = true, nil
		data = renderFile(newFileHeader, nil)
	}
	if err != nil {
		return Edited{}, err
	}
	// An edit by root must not leave a lock that the file's owner cannot take.
	_ = keepOwner(locked.Path(), info)
	now := options.Now()
	current, err := parse(path, data, now)
	if err != nil {
		return Edited{}, err
	}
	next, err := change(cloneAll(current))
	if err != nil {
		return Edited{}, err
	}
	if !edited.Created && sameRecords(current, next) {
		return Edited{}, nil
	}
	text, reformatted, err := rewrite(path, data, current, next, now)
	if err != nil {
		return Edited{}, err
	}
	edited.Reformatted = reformatted && !edited.Created
	if err := replaceFile(target, text, info, nil); err != nil {
		return Edited{}, err
	}
	return edited, nil
}

// rewrite returns the text of a file that holds next, made of one that holds current.
func rewrite(path string, data []byte, current, next []Record, now time.Time) (text []byte, reformatted bool, err error) {
	ids := make(map[string]bool, len(next))
	var owners keyrules.Owners
	for i := range next {
		if ids[next[i].ID] {
			return nil, false, fmt.Errorf("%s has a key %s already: choose another id", path, next[i].ID)
		}
		ids[next[i].ID] = true
		if err := next[i].Check(now); err != nil {
			return nil, false, fmt.Errorf("key %s: %w", next[i].ID, err)
		}
		for _, secret := range next[i].Secrets {
			if other, shared := owners.Add(secret.Secret, next[i].ID); shared {
				return nil, false, fmt.Errorf("key %s would have a secret in common with key %s: give it one of its own", next[i].ID, other)
			}
		}
	}
	if text, ok := patch(path, data, current, next); ok && holds(path, text, next, now) {
		return text, false, nil
	}
	text = renderFile(header(data), next)
	if !holds(path, text, next, now) {
		return nil, false, &Error{Path: path, Problem: "the change cannot be written so that it reads back the same: make it by hand"}
	}
	return text, true, nil
}

// holds reports whether text reads as exactly these records.
func holds(path string, text []byte, records []Record, now time.Time) bool {
	read, err := parse(path, text, now)
	return err == nil && sameRecords(read, records)
}

// header returns the comments and blank lines that a file begins with.
func header(data []byte) string {
	var kept strings.Builder
	for _, line := range strings.SplitAfter(string(data), "\n") {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
			break
		}
		kept.WriteString(line)
	}
	return kept.String()
}

func sameRecords(a, b []Record) bool {
	return slices.EqualFunc(a, b, func(a, b Record) bool { return a.equal(&b) })
}

func cloneAll(records []Record) []Record {
	clones := make([]Record, len(records))
	for i := range records {
		clones[i] = records[i].Clone()
	}
	return clones
}
