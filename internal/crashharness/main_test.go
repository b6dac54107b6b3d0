package main

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/internal/countersigntest"
	"github.com/countersign-dev/countersign/internal/testneed"
)

func TestMain(m *testing.M) { countersigntest.Main(m) }

// short are the settings of a scenario's short form.
func short(t *testing.T, durability string, points, requests int) settings {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return settings{
		points: points, requests: requests, durability: durability, seed: seed,
		program: countersigntest.Program(t), directory: t.TempDir(), progress: t.Logf,
	}
}

// runShort runs a scenario in both durabilities.
func runShort(t *testing.T, name string, points, requests int) {
	t.Parallel() // most of the time they wait
	for _, s := range scenarios() {
		if s.name != name {
			continue
		}
		for _, durability := range []string{"os", "fsync"} {
			t.Run(durability, func(t *testing.T) {
				t.Parallel()
				sum, err := s.run(t.Context(), short(t, durability, points, requests))
				if errors.Is(err, errRights) {
					testneed.Missing(t, testneed.Mounts, err.Error())
				}
				require.NoError(t, err)
				assert.Zero(t, sum.twice)
				assert.Greater(t, sum.accepted, requests/4)
				assert.GreaterOrEqual(t, sum.again, sum.accepted)
				t.Logf("%s:\n%s\n%s", durability, columnNames, sum.columns())
			})
		}
		return
	}
	testneed.Skip(t, "the scenario "+name+" needs Linux")
}
