package claiming_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/countersign-dev/countersign/internal/benchmarks/claiming"
	"github.com/countersign-dev/countersign/internal/benchmarks/report"
)

func TestRowsCompareLikeWithLike(t *testing.T) {
	plain := claiming.Result{Callers: 128, Contestant: "plain os", PerSecond: 60_000, P99: 9e6}
	our := claiming.Result{Callers: 128, Contestant: "badgerstore os", PerSecond: 450_000, P99: 1e6, Against: "plain os", Ratio: 7.5}
	redis := claiming.Result{Callers: 128, Contestant: "redis everysec", PerSecond: 50_000, P99: 2e6, Against: "plain os", Ratio: 0.8}
	other := claiming.Result{Callers: 16, Contestant: "plain os", PerSecond: 60_000}
	fsync := claiming.Result{Callers: 128, Contestant: "plain fsync", PerSecond: 6000}
	assert.Equal(t, []report.Row{
		{
			What: "claim, os, 128 callers, 0 live", Ours: "450,000/s, p99 1.00 ms", Other: "a Badger transaction each: 60,000/s, p99 9.00 ms",
			Ratio: "7.50 × claims/s", Goal: "≥ 7 ×", Met: true, Brief: true,
		},
		{
			What: "claim, os, 128 callers, 0 live", Ours: "450,000/s, p99 1.00 ms", Other: "redis everysec: 50,000/s, p99 2.00 ms",
			Ratio: "9.00 × claims/s",
		},
	}, claiming.Rows([]claiming.Result{plain, our, redis, other, fsync}))
}
