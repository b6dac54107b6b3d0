package workload

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Meter measures one run. It is safe for concurrent use: [Meter.Report] may be asked while the run
// goes on. Use [NewMeter].
type Meter struct {
	sent, received atomic.Int64 // bytes

	mu       sync.Mutex              // guards what follows
	schedule *schedule               // nil before the run
	ended    time.Time               // zero while the run goes on
	latency  *hdrhistogram.Histogram // microseconds
	answers  map[Answer]int64
	failures map[string]int64
	example  error // the first failure
}

// The latencies that are told apart: to a thousandth of themselves, from a microsecond to an hour.
const (
	shortest = int64(1)
	longest  = int64(time.Hour / time.Microsecond)
	digits   = 3
)

// NewMeter makes a Meter.
func NewMeter() *Meter {
	return &Meter{
		latency: hdrhistogram.New(shortest, longest, digits),
		answers: make(map[Answer]int64), failures: make(map[string]int64),
	}
}

func (m *Meter) begin(s *schedule) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.schedule = s
}

func (m *Meter) end(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = at
}

func (m *Meter) answered(answer Answer, latency time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers[answer]++
	// Above an hour counts as an hour.
	_ = m.latency.RecordValue(min(int64((latency+time.Microsecond/2)/time.Microsecond), longest))
}

func (m *Meter) failed(err *exchangeError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failures[err.kind]++
	if m.example == nil {
		m.example = err.cause
	}
}
