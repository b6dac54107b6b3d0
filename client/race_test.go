//go:build race

package client

// raceDetector allocates where the program would not.
const raceDetector = true
