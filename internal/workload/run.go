package workload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// fresh is how long before it is due a request is made, at most: what signs it reads the clock.
	fresh = time.Second
	// grace is how long requests in flight may still take when the run is ended early.
	grace = time.Second
	// retry is how long to wait before connecting again when nothing else slows a run down.
	retry = 100 * time.Millisecond
)

// Run carries out a plan, which meter measures; each run needs a meter of its own. It returns when
// the last request has been answered, or has not been in time. When ctx ends, nothing more is sent,
// and Run returns within about a second: that is no error, and the meter has measured what was sent.
//
// All connections are opened before the clock starts: that one cannot be is an error, as is that of
// a source. Requests that fail later are counted instead.
func Run(ctx context.Context, plan Plan, meter *Meter) error {
	if err := plan.check(); err != nil {
		return err
	}
	if plan.Timeout == 0 {
		plan.Timeout = defaultTimeout
	}
	workers, err := newWorkers(ctx, &plan, meter)
	defer func() {
		for _, w := range workers {
			w.connection.close()
			w.timer.stop()
		}
	}()
	if err != nil {
		return err
	}
	s := &schedule{rate: plan.Rate, duration: plan.Duration, requests: plan.Requests, began: time.Now()}
	meter.begin(s)
	group, inRun := errgroup.WithContext(ctx)
	for _, w := range workers {
		group.Go(func() error { return w.run(inRun, s) })
	}
	err = group.Wait()
	if err == nil && s.rate > 0 && s.duration > 0 {
		rest(ctx, time.Until(s.began.Add(s.duration)))
	}
	meter.end(time.Now())
	return err
}

// rest lets the time pass in which nothing more is due: it counts for how fast the run was.
func rest(ctx context.Context, duration time.Duration) {
	select {
	case <-time.After(duration):
	case <-ctx.Done():
	}
}

// worker sends over one connection.
type worker struct {
	connection *connection
	source     Source
	timer      *timer
	meter      *Meter
}

// newWorkers returns workers that are connected. Those it returns beside an error must be closed, too.
func newWorkers(ctx context.Context, plan *Plan, meter *Meter) ([]*worker, error) {
	workers := make([]*worker, 0, plan.Connections)
	for range plan.Connections {
		timer, err := newTimer()
		if err != nil {
			return workers, err
		}
		w := &worker{connection: newConnection(plan, meter), timer: timer, meter: meter}
		workers = append(workers, w)
		if w.source, err = plan.Source(); err != nil {
			return workers, err
		}
	}
	var group errgroup.Group
	group.SetLimit(64) // handshakes are work for the server
	for _, w := range workers {
		group.Go(func() error { return w.connection.open(ctx) })
	}
	if err := group.Wait(); err != nil {
		return workers, fmt.Errorf("cannot connect to %s: %w", plan.Endpoint.Address, err)
	}
	return workers, nil
}

// run sends until there is no more to send.
func (w *worker) run(ctx context.Context, s *schedule) error {
	stop := context.AfterFunc(ctx, func() {
		w.connection.abandon(time.Now().Add(grace))
		w.timer.stop()
	})
	defer stop()
	for ctx.Err() == nil {
		due, ok := s.next(time.Now())
		if !ok {
			return nil
		}
		if err := w.send(ctx, s, due); err != nil {
			return err
		}
	}
	return nil
}

// send sends one request when it is due, and has its answer measured.
func (w *worker) send(ctx context.Context, s *schedule, due time.Time) error {
	if s.rate > 0 {
		w.timer.wait(time.Until(due.Add(-fresh)))
		if ctx.Err() != nil {
			return nil
		}
	}
	w.connection.refresh(ctx)
	request, err := w.source()
	if err != nil {
		return err
	}
	if s.rate > 0 {
		w.timer.wait(time.Until(due))
	} else {
		due = time.Now()
	}
	if ctx.Err() != nil {
		return nil
	}
	s.sent.Add(1)
	answer, err := w.connection.exchange(ctx, request)
	if err == nil {
		w.meter.answered(answer, time.Since(due))
		return nil
	}
	var failure *exchangeError
	if !errors.As(err, &failure) {
		return err
	}
	w.meter.failed(failure)
	if failure.kind == failedConnect && s.rate == 0 {
		w.timer.wait(retry)
	}
	return nil
}
