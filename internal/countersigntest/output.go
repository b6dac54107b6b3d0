package countersigntest

import (
	"io"
	"strings"
	"sync"
)

// output keeps what a process writes, and closes ready when a text that it waits for has come.
type output struct {
	ready chan struct{}

	mu       sync.Mutex // guards what follows
	text     strings.Builder
	complete func(text string) bool // nil when there is nothing to wait for any more
}

var _ io.Writer = (*output)(nil)

func newOutput(complete func(text string) bool) *output {
	return &output{ready: make(chan struct{}), complete: complete}
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if o.complete != nil && o.complete(o.text.String()) {
		o.complete = nil
		close(o.ready)
	}
	return len(p), nil
}

// String returns all that has been written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
