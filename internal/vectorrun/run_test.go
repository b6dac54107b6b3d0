package vectorrun

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/testvectors"
)

func load(t *testing.T) *testvectors.Set {
	t.Helper()
	set, err := testvectors.Load(testvectors.FS)
	require.NoError(t, err)
	return set
}

func TestTheVerifierPassesThePublishedVectors(t *testing.T) {
	results := Run(load(t))
	require.NotEmpty(t, results)
	for _, result := range results {
		assert.True(t, result.Passed(), "%s: %s", result.Case.Name, result.Problem)
	}
}

// TestSomeParserCasesReachTheHandler: if net/http refused them all, there would be nothing to compare.
func TestSomeParserCasesReachTheHandler(t *testing.T) {
	set, reached := load(t), 0
	for _, c := range set.Cases {
		if c.Layer != testvectors.LayerParser {
			continue
		}
		run, err := newRun(set.Verifier, c)
		require.NoError(t, err)
		assert.Empty(t, run.overConnection(), c.Name)
		if run.received != nil {
			reached++
		}
	}
	assert.NotZero(t, reached)
}

// TestRunTellsWhatIsWrong changes cases, and expects each change to be noticed.
func TestRunTellsWhatIsWrong(t *testing.T) {
	set := load(t)
	find := func(name string) testvectors.Case {
		for _, c := range set.Cases {
			if c.Name == name {
				return *c
			}
		}
		t.Fatalf("no case %s", name)
		return testvectors.Case{}
	}
	tests := []struct {
		name, from string
		change     func(c *testvectors.Case)
		problem    string
	}{
		{"must be accepted", "accept/body/content-hash.txt", func(c *testvectors.Case) { c.Raw = bytes.Replace(c.Raw, []byte("pencil"), []byte("eraser"), 1) }, "refused as body_mismatch"},
		{"form", "accept/body/content-hash.txt", func(c *testvectors.Case) { c.Form = testvectors.FormAsSent }, "no form as-sent"},
		{"canonical request", "accept/body/content-hash.txt", func(c *testvectors.Case) { c.CanonicalRequestSHA256 = strings.Repeat("0", 64) }, "canonical request's SHA-256"},
		{"signature", "accept/body/content-hash.txt", func(c *testvectors.Case) { c.Signature = strings.Repeat("0", 64) }, "another signature"},
		{"must be refused", "accept/body/content-hash.txt", func(c *testvectors.Case) { c.Reason = "bad_path" }, "accepted, and must be refused as bad_path"},
		{"reason", "refuse/nonce/replayed.txt", func(c *testvectors.Case) { c.Reason = "bad_nonce" }, "refused as replayed, and must be refused as bad_nonce"},
		{"time", "accept/body/content-hash.txt", func(c *testvectors.Case) { c.Time = c.Time.Add(301e9) }, "refused as clock_skew"},
		{"once", "accept/presigned/reusable.txt", func(c *testvectors.Case) { c.Reusable = false }, "sent again it must be refused as replayed, not \"\""},
		{"again", "accept/presigned/cs4.txt", func(c *testvectors.Case) { c.Reusable = true }, "sent again it is refused as replayed"},
		{"no request", "accept/body/content-hash.txt", func(c *testvectors.Case) { c.Raw = []byte("GET /\r\n\r\n") }, "malformed HTTP"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := find(test.from)
			test.change(&c)
			results := Run(&testvectors.Set{Verifier: set.Verifier, Cases: []*testvectors.Case{&c}})
			require.Len(t, results, 1)
			assert.False(t, results[0].Passed())
			assert.Contains(t, results[0].Problem, test.problem)
		})
	}
}
