package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKilledServiceAcceptsNothingTwice(t *testing.T) { runShort(t, "kill", 8, 4000) }

func TestServiceAcceptsNothingTwiceAfterItsLogWasCut(t *testing.T) { runShort(t, "cut", 2, 2500) }

func TestServiceAcceptsNothingTwiceAfterPowerLoss(t *testing.T) { runShort(t, "powerloss", 2, 2500) }

func TestServiceOutlivesAFullDisk(t *testing.T) { runShort(t, "fulldisk", 2, 1000) }

// forgetful is a site that loses its store whenever the service ends.
type forgetful struct{ plainSite }

func (f forgetful) end(s *service) error {
	s.kill()
	return os.RemoveAll(f.store())
}

// TestWhatIsAcceptedTwiceIsSeen: the harness would notice.
func TestWhatIsAcceptedTwiceIsSeen(t *testing.T) {
	t.Parallel()
	given := short(t, "os", 1, 200)
	c, err := newCampaign(t.Context(), given, forgetful{plainSite{directory: given.directory}})
	require.NoError(t, err)
	sum, err := c.run(t.Context())
	require.ErrorContains(t, err, "were accepted twice")
	// Once when the service has started again, then they are replays.
	assert.Equal(t, sum.accepted-sum.twice, sum.again-2*sum.twice)
	assert.Positive(t, sum.twice)
	assert.NotEmpty(t, sum.odd)
}

func TestAnswersToReplaysAreJudged(t *testing.T) {
	inTime, late := &request{inTime: time.Now().Add(time.Minute)}, &request{inTime: time.Now().Add(-time.Second)}
	for _, c := range []struct {
		req    *request
		got    answer
		strict bool
		want   tally
	}{
		{inTime, answer{status: 401, code: "replayed_request"}, true, tally{replayed: 1}},
		{late, answer{status: 401, code: "clock_skew", dated: true}, true, tally{late: 1}},
		{inTime, answer{status: 401, code: "clock_skew", dated: true}, true, tally{odd: []string{""}}},
		{inTime, answer{status: 401, code: "clock_skew", dated: true}, false, tally{floored: 1}},
		{inTime, answer{status: 503, code: "unavailable", dated: true}, false, tally{floored: 1}},
		{inTime, answer{status: 503, code: "unavailable", dated: true}, true, tally{odd: []string{""}}},
		{inTime, answer{status: 503, code: "unavailable"}, false, tally{odd: []string{""}}},
		{inTime, answer{status: 401, code: "invalid_signature"}, false, tally{odd: []string{""}}},
		{inTime, answer{status: 200}, false, tally{twice: 1, odd: []string{""}}},
		{late, answer{status: 204}, false, tally{twice: 1, odd: []string{""}}},
	} {
		var got tally
		got.judge(c.req, c.got, c.strict)
		for i := range got.odd {
			got.odd[i] = ""
		}
		c.want.again = 1
		assert.Equal(t, c.want, got, "%s", c.got)
		assert.Equal(t, c.want.odd != nil, got.err() != nil)
	}
}

func TestAThirdIsSignedAheadAndAThirdPresigned(t *testing.T) {
	var counts [waysCount]int
	for i := range 2 * mixLength {
		counts[wayOf(i)]++
	}
	assert.Equal(t, [waysCount]int{signedNow: mixLength / 3, signedSoon: mixLength / 3, signedAhead: mixLength * 2 / 3, presigned: mixLength * 2 / 3}, counts)
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for arguments, says := range map[string]string{
		"-points 0":                            "-points is 0",
		"-points 10 -requests 9":               "a request for each",
		"-scenarios flood -program x":          "no scenario",
		"-durabilities none -program x":        "no durability",
		"-scenarios kill -program no-such-one": "failed",
	} {
		var out strings.Builder
		err := run(t.Context(), append(strings.Fields(arguments), "-directory", t.TempDir()), &out)
		require.Error(t, err, arguments)
		assert.Contains(t, err.Error(), says)
	}
}
