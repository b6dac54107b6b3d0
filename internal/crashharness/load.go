package main

import (
	"cmp"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// callers is how many connections send fresh requests at once.
const callers = 32

// load sends fresh requests to a service until it has been ended, or until there have been enough.
type load struct {
	service *service
	signer  *signer
	next    *atomic.Int64 // the number of the next request
	until   int64         // the number at which enough has been sent
	most    int64         // the number at which the callers stop in any case; 0 for none
	// refusals: one that is not for good is no fault, since the store may have a floor or no room.
	refusals bool
	pause    time.Duration // of a caller that has been refused

	reached  chan struct{} // closed when until has been reached
	once     sync.Once
	breaking atomic.Bool // whatever breaks from now on was meant to
	over     atomic.Bool // the callers stop after their next answer
	done     sync.WaitGroup

	mu    sync.Mutex
	sent  []*request // guarded by mu
	fault error      // guarded by mu
}

// begin starts the callers.
func (l *load) begin() {
	l.reached = make(chan struct{})
	for range callers {
		l.done.Go(func() {
			sent, err := l.call()
			l.mu.Lock()
			defer l.mu.Unlock()
			l.sent = append(l.sent, sent...)
			if err != nil && l.fault == nil {
				l.fault = err
			}
			if err != nil {
				l.once.Do(func() { close(l.reached) })
			}
		})
	}
}

// during does something once enough has been sent, while the callers go on, then ends the load and
// returns what was sent. kills: it may end the service, which breaks the callers' connections.
func (l *load) during(kills bool, do func() error) ([]*request, error) {
	<-l.reached
	l.breaking.Store(kills)
	err := do()
	l.over.Store(true)
	l.done.Wait()
	return l.sent, cmp.Or(l.fault, err)
}

// failed reports whether a caller has met with what it should not have.
func (l *load) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault != nil
}

// call is one caller.
func (l *load) call() (sent []*request, err error) {
	conn, err := dial(l.service.address)
	if err != nil {
		return nil, l.blame(err)
	}
	defer conn.Close()
	for {
		i := l.next.Add(1) - 1
		if i >= l.until {
			l.once.Do(func() { close(l.reached) })
		}
		if l.most > 0 && i >= l.most {
			return sent, nil
		}
		req, err := l.signer.sign(wayOf(int(i)))
		if err != nil {
			return sent, err
		}
		sent = append(sent, req)
		if err := conn.send(req.text); err != nil {
			return sent, l.blame(err)
		}
		got, err := conn.receive()
		if err != nil {
			return sent, l.blame(err)
		}
		switch {
		case got.status == http.StatusOK:
			req.state = accepted
		case got.temporary() && l.refusals:
			req.state = refused
			time.Sleep(l.pause)
		default:
			return sent, fmt.Errorf("a fresh request was answered %s", got)
		}
		if l.over.Load() {
			return sent, nil
		}
	}
}

// blame returns what a broken connection means: nothing, if it was meant to break.
func (l *load) blame(err error) error {
	if l.breaking.Load() {
		return nil
	}
	if ended := l.service.dying(); ended != nil {
		return ended
	}
	return fmt.Errorf("a connection broke while the service lived: %w", err)
}
