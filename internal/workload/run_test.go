package workload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunCountsEveryAnswer(t *testing.T) {
	var served atomic.Int64
	plan := start(t, func(w http.ResponseWriter, _ *http.Request) {
		switch served.Add(1) % 4 {
		case 0:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"status":401,"code":"replayed_request"}`)
		case 1:
			http.Error(w, `{"code":"not a problem"}`, http.StatusUnauthorized)
		default:
			_, _ = io.WriteString(w, "hello")
		}
	})
	plan.Requests = 400
	report := run(t, plan)
	assert.Equal(t, int64(400), served.Load())
	assert.Equal(t, int64(400), report.Requests)
	assert.Equal(t, []AnswerCount{
		{Answer{Status: 200}, 200}, {Answer{Status: 401}, 100}, {Answer{401, "replayed_request"}, 100},
	}, report.Answers)
	assert.Empty(t, report.Failures)
	wire, err := plan.Source()
	require.NoError(t, err)
	one, err := wire()
	require.NoError(t, err)
	assert.Equal(t, int64(400*len(one)), report.Sent)
	assert.Greater(t, report.Received, int64(200*len("hello")+100*len(`{"status":401,"code":"replayed_request"}`)))
	l := report.Latency
	assert.Positive(t, l.P50)
	assert.True(t, l.P50 <= l.P90 && l.P90 <= l.P99 && l.P99 <= l.P999 && l.P999 <= l.Max, "%+v", l)
	assert.InDelta(t, 400/report.Elapsed.Seconds(), report.PerSecond, 0.001)
}

func TestRunHoldsTheRate(t *testing.T) {
	var served atomic.Int64
	plan := start(t, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	plan.Requests, plan.Rate, plan.Duration = 0, 250, time.Second
	report := run(t, plan)
	assert.Equal(t, int64(250), served.Load()+report.Unsent)
	assert.Equal(t, served.Load(), report.Requests)
	assert.GreaterOrEqual(t, report.Elapsed, time.Second)
	assert.LessOrEqual(t, report.PerSecond, 250.0)
	assert.Greater(t, report.PerSecond, 150.0, "on a machine that is not hopelessly busy")
}

func TestRunEndsAfterTheDuration(t *testing.T) {
	plan := start(t, func(http.ResponseWriter, *http.Request) {})
	plan.Requests, plan.Duration = 0, 100*time.Millisecond
	report := run(t, plan)
	assert.GreaterOrEqual(t, report.Elapsed, 100*time.Millisecond)
	assert.Greater(t, report.Answered(), int64(10))
	assert.Zero(t, report.Failed())
}

// One connection and one stall: a naive clock would charge a single request with it.
func TestLatencyCountsFromWhenARequestWasDue(t *testing.T) {
	const stall = 400 * time.Millisecond
	var served atomic.Int64
	plan := start(t, func(http.ResponseWriter, *http.Request) {
		if served.Add(1) == 10 {
			time.Sleep(stall) // the server that is measured
		}
	})
	plan.Connections, plan.Rate, plan.Requests = 1, 200, 160
	report := run(t, plan)
	require.Equal(t, int64(160), report.Answered())
	assert.GreaterOrEqual(t, report.Latency.Max, stall-10*time.Millisecond)
	// 80 of the 160 became due during the stall, evenly spread over it.
	assert.GreaterOrEqual(t, report.Latency.P90, stall/2)
}

func TestRequestsThatNoConnectionWasFreeForAreTold(t *testing.T) {
	plan := start(t, func(http.ResponseWriter, *http.Request) {
		time.Sleep(50 * time.Millisecond) // the server that is measured
	})
	plan.Connections, plan.Rate, plan.Requests, plan.Duration = 1, 100, 0, 500*time.Millisecond
	report := run(t, plan)
	assert.Equal(t, int64(50), report.Requests+report.Unsent)
	assert.GreaterOrEqual(t, report.Unsent, int64(39))
	assert.Positive(t, report.Requests)
}

func TestRunThatIsEndedEarlyTellsWhatItDid(t *testing.T) {
	var served atomic.Int64
	hang := make(chan struct{})
	defer close(hang)
	ctx, end := context.WithCancel(t.Context())
	plan := start(t, func(http.ResponseWriter, *http.Request) {
		if served.Add(1) > 20 {
			end()
			<-hang
		}
	})
	plan.Requests, plan.Duration = 0, time.Hour
	meter := NewMeter()
	began := time.Now()
	require.NoError(t, Run(ctx, plan, meter))
	assert.Less(t, time.Since(began), 20*time.Second)
	report := meter.Report()
	assert.Equal(t, int64(20), report.Answered())
	assert.Equal(t, report.Failed(), report.Failures[failedAbandoned])
	assert.Equal(t, served.Load(), report.Answered()+report.Failed())
	assert.Positive(t, report.Failed())
}

// A connection that waits for its moment stops waiting when the run ends.
func TestRunThatIsEndedEarlyDoesNotWaitForWhatIsDueLater(t *testing.T) {
	plan := start(t, func(http.ResponseWriter, *http.Request) {})
	plan.Rate, plan.Requests, plan.Duration = 1.0/3600, 0, 24*time.Hour
	meter := NewMeter()
	ctx, end := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, end)
	require.NoError(t, Run(ctx, plan, meter))
	report := meter.Report()
	assert.Equal(t, int64(1), report.Requests, "the first is due at once")
	assert.Zero(t, report.Unsent)
}

func TestRunEndsWithTheErrorOfASource(t *testing.T) {
	plan := start(t, func(http.ResponseWriter, *http.Request) {})
	broken := errors.New("no key")
	plan.Source = func() (Source, error) { return func() ([]byte, error) { return nil, broken }, nil }
	assert.ErrorIs(t, Run(t.Context(), plan, NewMeter()), broken)
	plan.Source = func() (Source, error) { return nil, broken }
	assert.ErrorIs(t, Run(t.Context(), plan, NewMeter()), broken)
}

func TestRunRefusesAPlanThatCannotBe(t *testing.T) {
	sound := start(t, func(http.ResponseWriter, *http.Request) {})
	for says, change := range map[string]func(*Plan){
		"Endpoint":          func(p *Plan) { p.Endpoint = Endpoint{} },
		"Source is nil":     func(p *Plan) { p.Source = nil },
		"set at least 1":    func(p *Plan) { p.Connections = 0 },
		"not be negative":   func(p *Plan) { p.Rate = -1 },
		"has no end":        func(p *Plan) { p.Requests = 0 },
		"cannot connect to": func(p *Plan) { p.Endpoint.Address = "127.0.0.1:1" },
	} {
		plan := sound
		change(&plan)
		assert.ErrorContains(t, Run(t.Context(), plan, NewMeter()), says)
	}
}
