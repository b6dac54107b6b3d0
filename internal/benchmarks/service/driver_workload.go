package service

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/countersign-dev/countersign/internal/workload"
)

// prepareWorkload renders all requests to bytes, for the generator behind "countersign bench".
func prepareWorkload(l load) (func(context.Context) (Result, error), error) {
	requests, err := render(l)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Result, error) {
		meter := workload.NewMeter()
		err := workload.Run(ctx, workload.Plan{
			Endpoint: workload.Endpoint{Address: l.address}, Method: l.kind.Method, Source: requests.source,
			Requests: int64(l.requests), Connections: l.connections,
		}, meter)
		if err != nil {
			return Result{}, err
		}
		report := meter.Report()
		if len(report.Answers) != 1 || report.Answers[0].Status != http.StatusOK || report.Answered() != int64(l.requests) {
			return Result{}, fmt.Errorf("not all of %d requests were answered 200: %+v, %v", l.requests, report.Answers, report.Failures)
		}
		return Result{PerSecond: report.PerSecond, P50: report.Latency.P50, P99: report.Latency.P99}, nil
	}, nil
}

// rendered are requests as they go over the wire, each for one use.
type rendered struct {
	wire []byte
	ends []int
	next atomic.Int64
}

func render(l load) (*rendered, error) {
	req, err := l.kind.New("http://" + l.address)
	if err != nil {
		return nil, err
	}
	source, err := workload.FromRequest(req, l.credential)
	if err != nil {
		return nil, err
	}
	r := &rendered{ends: make([]int, 0, l.requests)}
	for range l.requests {
		wire, err := source()
		if err != nil {
			return nil, err
		}
		r.wire = append(r.wire, wire...)
		r.ends = append(r.ends, len(r.wire))
	}
	return r, nil
}

// source returns the requests that nobody else has had.
func (r *rendered) source() (workload.Source, error) {
	return func() ([]byte, error) {
		i := int(r.next.Add(1) - 1)
		if i >= len(r.ends) {
			return nil, fmt.Errorf("only %d requests were made", len(r.ends))
		}
		begin := 0
		if i > 0 {
			begin = r.ends[i-1]
		}
		return r.wire[begin:r.ends[i]], nil
	}, nil
}
