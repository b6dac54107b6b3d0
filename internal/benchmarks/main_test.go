package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/benchmarks/service"
)

// TestMain lets the test's program stand in for the command when a server is started with it.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		if err := service.Serve(os.Args[2], os.Args[3], os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// TestEveryBenchmarkRuns takes a few milliseconds for each, so that none rots; its figures are worth
// nothing.
func TestEveryBenchmarkRuns(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-quick", "-profile", t.TempDir()}, nil, &stdout, &stderr), stderr.String())
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	const title, machine, sign, verify, claim, serve = 2, 2, 4 * 2 * 2, 4 * 2, 1, 2 * 2 * 4
	assert.Len(t, lines, title+machine+sign+verify+claim+serve, stdout.String())
	for _, what := range []string{"sign, GET, 1 processor", "aws-sdk-go-v2", "minio-go", "verify but claim, POST 1 MiB, 2 processors", "claim, os, 16 callers, 0 live", "Echo API, GET, driven by http.Client", "JWT"} {
		assert.Contains(t, stdout.String(), what)
	}
	assert.NotContains(t, stdout.String(), "NaN")
	assert.NotContains(t, stdout.String(), "Inf")
}

func TestPartsAreChosenByName(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-quick", "verify"}, nil, &stdout, &stderr))
	assert.NotContains(t, stdout.String(), "sign,")
	assert.Contains(t, stdout.String(), "verify")
	stdout.Reset()
	require.NoError(t, run(context.Background(), []string{"-quick", "-brief", "verify"}, nil, &stdout, &stderr))
	assert.Equal(t, 2, strings.Count(stdout.String(), "verify but claim"), stdout.String())
	assert.ErrorContains(t, run(context.Background(), []string{"-quick", "no-such"}, nil, &stdout, &stderr), "no-such")
}
