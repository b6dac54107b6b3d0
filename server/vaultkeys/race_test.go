//go:build race

package vaultkeys_test

const raceEnabled = true
