//go:build !linux

package main

// platformScenarios are those that need what this system has not.
func platformScenarios() []scenario { return nil }
