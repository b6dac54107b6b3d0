//go:build !unix

package server_test

import (
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/testneed"
)

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	testneed.Skip(t, "CPU time is measured on Unix alone")
	return 0
}
