package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	replayers = 8  // connections that send requests again
	pipelined = 64 // requests on one of them before the answers are read
)

// replay sends requests again that have all been accepted, and counts how they are refused. strict:
// what is in time must be refused as a replay, else it may be below the store's floor as well.
func replay(s *service, requests []*request, strict bool, t *tally) error {
	var (
		next  atomic.Int64
		done  sync.WaitGroup
		mu    sync.Mutex
		fault error
	)
	for range replayers {
		done.Go(func() {
			one, err := replaySome(s, requests, strict, &next)
			mu.Lock()
			defer mu.Unlock()
			t.addReplays(one)
			if err != nil {
				fault = err
			}
		})
	}
	done.Wait()
	if fault == nil {
		return nil
	}
	if ended := s.dying(); ended != nil {
		return ended
	}
	return fmt.Errorf("sending requests again: %w", fault)
}

// replaySome takes requests from next on, until there are none left.
func replaySome(s *service, requests []*request, strict bool, next *atomic.Int64) (t tally, err error) {
	conn, err := dial(s.address)
	if err != nil {
		return t, err
	}
	defer conn.Close()
	var text []byte
	for {
		from := int(next.Add(pipelined)) - pipelined
		if from >= len(requests) {
			return t, nil
		}
		some := requests[from:min(from+pipelined, len(requests))]
		text = text[:0]
		for _, req := range some {
			text = append(text, req.text...)
		}
		if err := conn.send(text); err != nil {
			return t, err
		}
		for _, req := range some {
			got, err := conn.receive()
			if err != nil {
				return t, err
			}
			t.judge(req, got, strict)
		}
	}
}

// judge counts the answer to a request that had been accepted before.
func (t *tally) judge(req *request, got answer, strict bool) {
	t.again++
	switch {
	case got.status < 400:
		t.twice++
		t.note("%s, accepted again: %s", got, req.text)
	case got.code == "replayed_request":
		t.replayed++
	case got.code == "clock_skew" && time.Now().After(req.inTime):
		t.late++
	case got.belowFloor() && !strict:
		t.floored++
	default:
		t.note("a request that had been accepted was then answered %s", got)
	}
}

func (t *tally) addReplays(other tally) {
	t.again += other.again
	t.replayed += other.replayed
	t.late += other.late
	t.floored += other.floored
	t.twice += other.twice
	for _, odd := range other.odd {
		t.note("%s", odd)
	}
}

// awaitAcceptance sends fresh requests that are signed now until one is accepted: the store's floor
// lies some seconds ahead after a loss. It returns what it has sent.
func awaitAcceptance(s *service, signer *signer, within time.Duration) (sent []*request, err error) {
	conn, err := dial(s.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var got answer
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		req, err := signer.sign(signedNow)
		if err != nil {
			return sent, err
		}
		sent = append(sent, req)
		if err := conn.send(req.text); err != nil {
			return sent, err
		}
		if got, err = conn.receive(); err != nil {
			return sent, err
		}
		switch {
		case got.status == http.StatusOK:
			req.state = accepted
			return sent, nil
		case got.temporary():
			req.state = refused
		default:
			return sent, fmt.Errorf("a fresh request was answered %s", got)
		}
	}
	return sent, fmt.Errorf("a fresh request is still answered %s after %s", got, within)
}
