//go:build !linux

package nonce

import "time"

func sinceBoot() time.Duration { return time.Since(processStart) }
