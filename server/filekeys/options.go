package filekeys

import (
	"errors"
	"log/slog"
	"time"
)

// Options are what [Open] can be told. The zero value is ready to use.
type Options struct {
	// Logger hears of loads, of edits that could not be loaded, and of imported secrets; nil means
	// [slog.Default].
	Logger *slog.Logger
	// Poll is how often the file is read even when the system reports no change, because some file
	// systems (network mounts) report none. 0 means 30 seconds.
	Poll time.Duration
	// Debounce is how long after a reported change the file is read, so that several changes in a
	// row are one. 0 means 100 milliseconds.
	Debounce time.Duration
	// Now is the clock, for Status and for which secrets count as active; nil means [time.Now].
	Now func() time.Time
	// Notify is called with the new Status after each change of it that matters: keys were loaded,
	// the file became unusable, or usable again. It is called from one goroutine at a time, must
	// not call Reload or Close, and holds up later loads while it runs. May be nil.
	Notify func(Status)
}

func (o Options) withDefaults() (Options, error) {
	if o.Poll < 0 || o.Debounce < 0 {
		return Options{}, errors.New("filekeys: Options.Poll and Options.Debounce must not be negative")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Poll == 0 {
		o.Poll = 30 * time.Second
	}
	if o.Debounce == 0 {
		o.Debounce = 100 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}
