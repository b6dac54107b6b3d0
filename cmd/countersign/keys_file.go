package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/server/filekeys"
)

// keyFile is a keyStore on a key file.
type keyFile struct {
	path  string
	now   func() time.Time
	notes io.Writer // hears what was done to the file beyond what was asked
}

var _ keyStore = (*keyFile)(nil)

// lockWait is how long an edit waits for another one; edits take milliseconds.
const lockWait = 10 * time.Second

// Close does nothing: each call opens and closes the file.
func (f *keyFile) Close() error { return nil }

func (f *keyFile) List(context.Context) ([]foundKey, error) {
	records, err := filekeys.Read(f.path)
	if err != nil {
		return nil, err
	}
	keys := make([]foundKey, 0, len(records))
	for _, record := range records {
		keys = append(keys, foundKey{Record: record})
	}
	return keys, nil
}

func (f *keyFile) Find(_ context.Context, id string) (*foundKey, error) {
	records, err := filekeys.Read(f.path)
	if err != nil {
		return nil, err
	}
	at, err := indexOfKey(records, id)
	if err != nil {
		return nil, err
	}
	return &foundKey{Record: records[at]}, nil
}

func (f *keyFile) Add(ctx context.Context, record filekeys.Record) error {
	return f.edit(ctx, true, func(records []filekeys.Record) ([]filekeys.Record, error) {
		return append(records, record), nil
	})
}

func (f *keyFile) Update(ctx context.Context, id string, change func(*filekeys.Record) error) error {
	return f.edit(ctx, false, func(records []filekeys.Record) ([]filekeys.Record, error) {
		at, err := indexOfKey(records, id)
		if err != nil {
			return nil, err
		}
		return records, change(&records[at])
	})
}

func (f *keyFile) Remove(ctx context.Context, id string) error {
	return f.edit(ctx, false, func(records []filekeys.Record) ([]filekeys.Record, error) {
		at, err := indexOfKey(records, id)
		if err != nil {
			return nil, err
		}
		return slices.Delete(records, at, at+1), nil
	})
}

func (f *keyFile) edit(ctx context.Context, create bool, change func([]filekeys.Record) ([]filekeys.Record, error)) error {
	ctx, stop := context.WithTimeout(ctx, lockWait)
	defer stop()
	edited, err := filekeys.Edit(ctx, f.path, filekeys.EditOptions{Create: create, Now: f.now}, change)
	if edited.Created {
		fmt.Fprintf(f.notes, "made the key file %s, readable by you alone\n", f.path)
	}
	if edited.Reformatted {
		fmt.Fprintf(f.notes, "%s was written anew in the usual layout; comments inside it are gone\n", f.path)
	}
	return err
}

// indexOfKey returns where the record of an id stands. An argument that may be a secret is not
// repeated.
func indexOfKey(records []filekeys.Record, id string) (int, error) {
	at := slices.IndexFunc(records, func(r filekeys.Record) bool { return r.ID == id })
	if at < 0 {
		return 0, errors.New("there is no key of that id: 'countersign keys list' shows those there are")
	}
	return at, nil
}
