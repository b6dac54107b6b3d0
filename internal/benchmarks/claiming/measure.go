// Package claiming has the stores of used nonces measured, by the command in the directory claims: a
// module of its own, which compares with Redis as well. [Measure] runs it.
package claiming

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// Result is what one store came to with so many live claims and callers at once.
type Result struct {
	Live       int     `json:"live"`
	Callers    int     `json:"callers"`
	Contestant string  `json:"contestant"`
	PerSecond  float64 `json:"per_second"`
	P50        float64 `json:"p50"` // nanoseconds
	P99        float64 `json:"p99"`
	Against    string  `json:"against"` // what it is compared with, or ""
	Ratio      float64 `json:"ratio"`   // of their claims a second, round by round
}

// Measure runs the command, with arguments, in a directory that holds it, and returns its results.
func Measure(ctx context.Context, directory string, progress io.Writer, arguments ...string) ([]Result, error) {
	temporary, err := os.MkdirTemp("", "countersign-claims-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	file := filepath.Join(temporary, "results.json")
	cmd := exec.CommandContext(ctx, "go", append([]string{"run", "-C", directory, ".", "-json", file}, arguments...)...)
	cmd.Stdout, cmd.Stderr = progress, progress
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%v: %w", cmd.Args, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var results []Result
	if err := json.Unmarshal(text, &results); err != nil {
		return nil, err
	}
	return results, nil
}
