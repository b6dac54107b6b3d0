package interop

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// TestRandomRequestsMeetTheirForetoldVerdict lets every signer sign and send random requests: the
// verdict on each, and its reason, are foretold from SPEC.md once it is signed and before it is sent.
//
// COUNTERSIGN_INTEROP_SEED draws the requests of an earlier run again, COUNTERSIGN_INTEROP_REQUESTS
// says how many.
func TestRandomRequestsMeetTheirForetoldVerdict(t *testing.T) {
	seed, count := variable(t, "COUNTERSIGN_INTEROP_SEED", rand.Uint64()), variable(t, "COUNTERSIGN_INTEROP_REQUESTS", randomRequests)
	for _, signer := range signers {
		t.Run(signer, func(t *testing.T) {
			t.Parallel()
			t.Run("header", func(t *testing.T) { trial(t, signer, seed, int(count), false) })
			t.Run("presigned", func(t *testing.T) { trial(t, signer, seed, int(count)/presignedShare, true) })
		})
	}
}

// One presigned request is tried for so many others.
const presignedShare = 4

func variable(t *testing.T, name string, otherwise uint64) uint64 {
	value := otherwise
	if text := os.Getenv(name); text != "" {
		var err error
		value, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, name)
	}
	t.Logf("%s=%d", name, value)
	return value
}

// trial signs and sends count random requests, and a part of those that were accepted once more.
func trial(t *testing.T, signer string, seed uint64, count int, presign bool) {
	a := start(t, server.Policy{})
	s := open(t, signer, a, ordinary)
	d := newDraw(seed)
	requests := make([]request, count)
	for i := range requests {
		requests[i] = d.request(presign)
	}
	signed := s.sign(requests)
	tally := map[string]int{}
	foretold := make([][]refusal, count)
	var sendable, accepted []int
	for i := range requests {
		why := refusesToSign(signer, &requests[i])
		require.Equal(t, why != "", signed[i].Error != "", "%s: %s; foretold: %q", requests[i], signed[i].Error, why)
		if why != "" {
			tally["not signed: "+why]++
			continue
		}
		foretold[i] = foretell(signer, &requests[i], signed[i].Message)
		sendable = append(sendable, i)
	}
	wrong := 0
	for at, sent := range s.send(sendable) {
		i := sendable[at]
		if sent.Error != "" { // net/http hangs up on what it cannot read
			require.True(t, slices.ContainsFunc(foretold[i], func(f refusal) bool { return f.netHTTP }), "%s: %s", requests[i], sent.Error)
			sent.Answer = &answer{Status: http.StatusBadRequest}
		}
		if what := judge(a, signer, &requests[i], signed[i].Message, sent.Answer, foretold[i]); what != "" {
			if wrong++; wrong <= 5 {
				t.Errorf("%s\nasked %s\nsigned %s\nforetold %v", what, requests[i], *signed[i].Message, foretold[i])
			}
		}
		if len(foretold[i]) == 0 {
			accepted = append(accepted, i)
		} else {
			tally[fmt.Sprintf("%s (%s)", foretold[i][0].reason, foretold[i][0].rule)]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tally)) {
		t.Logf("%5d %s", tally[name], name)
	}
	t.Logf("%5d of %d accepted, %d verdicts wrongly foretold", len(accepted), count, wrong)
	delivered, claimed := a.counts()
	assert.Equal(t, len(accepted), delivered)
	assert.Equal(t, len(accepted), claimed)
	assert.Greater(t, len(accepted), count/4, "too little is accepted for the trial to tell much")
	if count >= 1000 {
		assert.Greater(t, len(tally), 8, "too few refusals are tried")
	}
	if !presign {
		accepted = accepted[:min(len(accepted), 50)]
	}
	sendAgain(t, a, s, accepted)
}

// judge compares what became of a request with what was foretold of it; "" where they agree.
func judge(a *api, signer string, r *request, m *message, got *answer, foretold []refusal) string {
	decision, decided, d, delivered := a.seen(got.RequestID)
	if len(foretold) == 0 {
		switch {
		case got.Status != http.StatusOK || !delivered:
			return fmt.Sprintf("refused: %d %s %v", got.Status, decision.Reason, decision.Rejection)
		case d.method != m.Method && d.method != strings.ToUpper(m.Method) || d.target != m.Target || string(d.body) != string(r.Body):
			return fmt.Sprintf("delivered as %s %s with %d bytes", d.method, d.target, len(d.body))
		case !a.claimed(r.nonce):
			return "accepted, and its nonce is not claimed"
		}
		return wronglyDelivered(signer, r, m, d)
	}
	if delivered || a.claimed(r.nonce) || got.Status < 400 {
		return fmt.Sprintf("answered %d: delivered %t, claimed %t", got.Status, delivered, a.claimed(r.nonce))
	}
	for _, f := range foretold {
		if f.netHTTP && !decided && got.Status == http.StatusBadRequest || !f.netHTTP && decided && decision.Reason == f.reason {
			return ""
		}
	}
	return fmt.Sprintf("refused for another reason: %d %s %v", got.Status, decision.Reason, decision.Rejection)
}

// wronglyDelivered says how an accepted request differs from what was asked for.
func wronglyDelivered(signer string, r *request, m *message, d delivery) string {
	for _, name := range m.signedNames(r.Presign) {
		values := m.values(name)
		if name == "host" || len(values) == 0 { // net/http writes what is not among the headers
			continue
		}
		if got := d.header.Values(name); len(got) != 1 || got[0] != canonicalValue(values) {
			return fmt.Sprintf("%s delivered as %q, signed as %q", name, got, canonicalValue(values))
		}
	}
	asked := tidy(r.Target)
	if len(refusals(&message{Target: asked}, true)) > 0 { // what becomes of it is up to the signer
		return ""
	}
	if how := alters(signer, r); (how != "") != (meaning(asked) != meaning(m.Target)) {
		return fmt.Sprintf("the signer was foretold to change what was asked for: %q", how)
	}
	return ""
}

// sendAgain sends accepted messages once more, byte for byte.
func sendAgain(t *testing.T, a *api, s *session, indexes []int) {
	before, _ := a.counts()
	for at, sent := range s.send(indexes) {
		require.Empty(t, sent.Error)
		decision, _, _, _ := a.seen(sent.Answer.RequestID)
		assert.Equal(t, canonical.Replayed, decision.Reason, "request %d", indexes[at])
	}
	after, claimed := a.counts()
	assert.Equal(t, before, after)
	assert.Equal(t, before, claimed)
}
