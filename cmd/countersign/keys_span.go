package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// parseSpan reads a span of time: days or weeks (90d, 2w), or Go's form (24h, 1h30m).
func parseSpan(text string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			if n, err := strconv.ParseUint(number, 10, 16); err == nil && n <= 36500 {
				return time.Duration(n) * length, nil
			}
		}
	}
	if span, err := time.ParseDuration(text); err == nil && span >= 0 {
		return span, nil
	}
	return 0, fmt.Errorf("%q is no span of time: write 24h, 90d or 2w", text)
}

// parseExpiry reads when a key ends: a span from now, or a time to come.
func parseExpiry(text string, now time.Time) (time.Time, error) {
	expires, err := time.Parse(time.RFC3339, text)
	if err != nil {
		span, err := parseSpan(text)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is neither a time nor a span of time: write 90d, or 2027-06-30T00:00:00Z", text)
		}
		expires = now.Add(span).UTC().Truncate(time.Second)
	}
	if !expires.After(now) {
		return time.Time{}, fmt.Errorf("%q has passed: a key must end in the future", text)
	}
	return expires, nil
}

// roughly writes a span of time for people: its largest unit.
func roughly(span time.Duration) string {
	switch {
	case span >= 2*day:
		return fmt.Sprintf("%dd", span/day)
	case span >= 2*time.Hour:
		return fmt.Sprintf("%dh", span/time.Hour)
	case span >= 2*time.Minute:
		return fmt.Sprintf("%dm", span/time.Minute)
	}
	return fmt.Sprintf("%ds", max(span, 0)/time.Second)
}
