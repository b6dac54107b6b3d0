package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// parseInstant reads a time as RFC 3339, in the form of the wire, or as now, now+5m, now-30s.
func parseInstant(text string, now time.Time) (time.Time, error) {
	if rest, relative := strings.CutPrefix(text, "now"); relative {
		if rest == "" {
			return now, nil
		}
		offset, err := time.ParseDuration(rest)
		if err == nil && (rest[0] == '+' || rest[0] == '-') {
			return now.Add(offset), nil
		}
	} else if instant, err := time.Parse(time.RFC3339, text); err == nil {
		return instant, nil
	} else if instant, err := canonical.ParseDate(text); err == nil {
		return instant, nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-11-20T09:30:00Z, now, or now+5m", text)
}
