package filekeys

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"

	"github.com/countersign-dev/countersign/server"
)

// Reload reads the file now, without waiting for its change to be seen. On an error the last good
// keys stay in force.
func (s *Source) Reload() error {
	s.loading.Lock()
	defer s.loading.Unlock()
	if s.status.Load() == nil {
		return errNotOpen
	}
	before := s.Status()
	after := before
	changed, err := s.load(&after)
	after.Err = err
	after.CheckedAt = s.options.Now()
	s.status.Store(&after)
	// A poll that finds the same trouble again is not told again.
	if changed || fmt.Sprint(after.Err) != fmt.Sprint(before.Err) {
		s.report(changed, after)
	}
	return err
}

// load brings the file into force if it differs from what is in force; changed tells whether.
func (s *Source) load(status *Status) (changed bool, err error) {
	data, _, err := readFile(s.path)
	if err != nil {
		return false, err
	}
	digest := sha256.Sum256(data)
	if s.loaded != nil && digest == s.digest {
		return false, nil
	}
	now := s.options.Now()
	records, err := parse(s.path, data, now)
	if err != nil {
		return false, err
	}
	next := make(map[string]loaded, len(records))
	keys := make(map[string]*server.Key, len(records))
	for i := range records {
		record := &records[i]
		previous := s.loaded[record.ID]
		if previous.key == nil || !previous.record.equal(record) {
			s.warnImported(record)
			previous = loaded{record: *record, key: record.key(now, previous.key)}
		}
		next[record.ID], keys[record.ID] = previous, previous.key
	}
	s.loaded, s.digest = next, digest
	s.keys.Store(&keys)
	status.LoadedAt, status.Keys = now, len(keys)
	return true, nil
}

func (s *Source) warnImported(record *Record) {
	for i, secret := range record.Secrets {
		if secret.Imported() {
			s.options.Logger.Warn("a secret was not made by countersign: it has no checksum, and nothing vouches for its randomness",
				slog.String("file", s.path), slog.String("key_id", record.ID), slog.Int("secret", i))
		}
	}
}

func (s *Source) report(changed bool, after Status) {
	level, message := slog.LevelInfo, "key file loaded"
	attributes := []slog.Attr{slog.String("file", s.path), slog.Int("keys", after.Keys)}
	switch {
	case after.Err != nil && !after.LoadedAt.IsZero():
		level, message = slog.LevelError, "the key file cannot be loaded: the last good keys stay in force"
		attributes = append(attributes, slog.Time("loaded_at", after.LoadedAt), slog.Any("error", after.Err))
	case after.Err != nil:
		// Open returns it.
		return
	case !changed:
		message = "the key file is as it was again"
	}
	s.options.Logger.LogAttrs(context.Background(), level, message, attributes...)
	if s.options.Notify != nil {
		s.options.Notify(after)
	}
}
