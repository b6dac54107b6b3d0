package filekeys

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher reloads its source when the file changes. It watches directories rather than the file,
// because editors, configuration managers and Kubernetes put a new file in the old one's place;
// and both the directory of the path and that of the file behind its links, because Kubernetes
// swaps a link (..data) beside the path, and others rewrite a link's target.
type watcher struct {
	source *Source
	notify *fsnotify.Watcher // nil where the system can watch no more: polling goes on
}

func (s *Source) newWatcher() *watcher {
	w := &watcher{source: s}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		s.options.Logger.Warn("the key file cannot be watched, and is polled alone",
			slog.String("file", s.path), slog.Duration("poll", s.options.Poll), slog.Any("error", err))
		return w
	}
	w.notify = notify
	w.watchDirectories()
	return w
}

func (w *watcher) close() {
	if w.notify != nil {
		_ = w.notify.Close()
	}
}

// run reloads until ctx ends.
func (w *watcher) run(ctx context.Context) {
	var events chan fsnotify.Event
	var trouble chan error
	if w.notify != nil {
		events, trouble = w.notify.Events, w.notify.Errors
	}
	poll := time.NewTicker(w.source.options.Poll)
	defer poll.Stop()
	var settled <-chan time.Time // nil while no change waits to be read
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-events:
			if !open {
				events = nil
			} else if settled == nil {
				settled = time.After(w.source.options.Debounce)
			}
			continue
		case _, open := <-trouble:
			if !open {
				trouble = nil
				continue
			}
			// Events were lost: look.
		case <-settled:
		case <-poll.C:
		}
		settled = nil
		// Directories first: what changes after this is reported, what changed before is read.
		w.watchDirectories()
		_ = w.source.Reload() // Status and the log have the error
	}
}

// watchDirectories watches the directories that matter now, and no others. One that cannot be
// watched (it is gone, or the system's limit is reached) is tried again at the next poll.
func (w *watcher) watchDirectories() {
	if w.notify == nil {
		return
	}
	var wanted []string
	if directory, err := filepath.EvalSymlinks(filepath.Dir(w.source.path)); err == nil {
		wanted = append(wanted, directory)
	}
	if target, err := filepath.EvalSymlinks(w.source.path); err == nil {
		wanted = append(wanted, filepath.Dir(target))
	}
	watched := w.notify.WatchList()
	for _, directory := range watched {
		if !slices.Contains(wanted, directory) {
			_ = w.notify.Remove(directory)
		}
	}
	for _, directory := range wanted {
		if !slices.Contains(watched, directory) {
			_ = w.notify.Add(directory)
		}
	}
}
