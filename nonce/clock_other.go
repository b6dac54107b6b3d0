//go:build !linux

package nonce

import "time"

func bootTime() time.Duration { return time.Since(processStart) }
