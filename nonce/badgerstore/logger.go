package badgerstore

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// badgerLogger hands Badger's messages to slog, its chatter at level debug.
type badgerLogger struct {
	to *slog.Logger
	// ignored is set when Badger says that it goes on without one of its tables: it does so
	// where a checksum is wrong, and has no other way to say it.
	ignored atomic.Bool
}

func (l *badgerLogger) Errorf(format string, args ...any) {
	if strings.HasPrefix(format, "Ignoring table") {
		l.ignored.Store(true)
	}
	l.to.Error("badger: " + message(format, args))
}

func (l *badgerLogger) Warningf(format string, args ...any) {
	l.to.Warn("badger: " + message(format, args))
}

func (l *badgerLogger) Infof(format string, args ...any) {
	l.to.Debug("badger: " + message(format, args))
}

func (l *badgerLogger) Debugf(string, ...any) {}

func message(format string, args []any) string {
	return strings.TrimSpace(fmt.Sprintf(format, args...))
}
