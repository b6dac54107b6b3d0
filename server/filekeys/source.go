package filekeys

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/server"
)

// Source is a [server.KeySource] on a key file that it follows: a changed file is in force a moment
// later. When the file cannot be read, or breaks a rule, the last good keys stay in force, for as
// long as it takes, and [Source.Status] and the log say so; so a slip of the editor cannot lock
// everyone out, and removing the file revokes nothing. To revoke a key, disable it or take it out
// of the file.
//
// The zero Source knows no keys and cannot tell: the verifier answers 503.
type Source struct {
	path    string
	options Options
	keys    atomic.Pointer[map[string]*server.Key]
	status  atomic.Pointer[Status]

	loading sync.Mutex        // held through a load
	loaded  map[string]loaded // under loading
	digest  [sha256.Size]byte // under loading; of the text that loaded came from

	stop    context.CancelFunc
	stopped chan struct{} // closed when the watcher has ended
}

// loaded is a record in force, and the key made of it.
type loaded struct {
	record Record
	key    *server.Key
}

var _ server.KeySource = (*Source)(nil)

// Status tells how a Source stands, for readiness checks and operators.
type Status struct {
	// Path is the key file.
	Path string
	// LoadedAt is when the keys in force were read.
	LoadedAt time.Time
	// Keys is how many there are, disabled and expired ones included.
	Keys int
	// CheckedAt is when the file was last looked at.
	CheckedAt time.Time
	// Err is why the file as it is now could not be loaded; nil when the keys in force are its own.
	Err error
}

// Open reads the key file at path, and follows it until Close. It fails when the file cannot be
// loaded as it is: the error is an [*Error] that names file, line and fix.
func Open(path string, options Options) (*Source, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Source{path: path, options: options, stopped: make(chan struct{})}
	s.status.Store(&Status{Path: path})
	// Watching begins before the first read, so that no change falls between the two.
	w := s.newWatcher()
	if err := s.Reload(); err != nil {
		w.close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() {
		defer close(s.stopped)
		defer w.close()
		w.run(ctx)
	}()
	return s, nil
}

var errNotOpen = errors.New("filekeys: the source was not opened: use filekeys.Open")

// Key returns the record of id, or [server.ErrUnknownKey]. The same value comes back for as long as
// the record stays as it is, across reloads.
func (s *Source) Key(_ context.Context, id string) (*server.Key, error) {
	keys := s.keys.Load()
	if keys == nil {
		return nil, errNotOpen
	}
	if key, ok := (*keys)[id]; ok {
		return key, nil
	}
	return nil, server.ErrUnknownKey
}

// Status tells how the source stands.
func (s *Source) Status() Status {
	if status := s.status.Load(); status != nil {
		return *status
	}
	return Status{Err: errNotOpen}
}

// Close stops following the file, and returns when nothing of it runs any more. Keys can still be
// asked for: they stay as they were last.
func (s *Source) Close() error {
	if s.stop != nil {
		s.stop()
		<-s.stopped
	}
	return nil
}
