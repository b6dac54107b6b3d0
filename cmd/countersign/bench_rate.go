package main

import (
	"math"
	"strconv"
	"strings"
)

// parseRate reads a number of requests a second, minute or hour, such as 2000/s. Without a unit it
// is a second; without anything there is no rate, and it returns 0.
func parseRate(text string) (perSecond float64, err error) {
	if text == "" {
		return 0, nil
	}
	number, unit, found := strings.Cut(text, "/")
	seconds, known := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
	if !found {
		seconds, known = 1, true
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || !(value/seconds > 0) || math.IsInf(value, 0) || value/seconds > 1_000_000 {
		return 0, usagef("--rate %q is no rate: write 2000/s, 90/m or 10/h, at most 1000000/s", text)
	}
	return value / seconds, nil
}
