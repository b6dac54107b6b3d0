package client

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"time"
)

// attempt is one request of the caller's on its way.
type attempt struct {
	transport   *Transport
	ctx         context.Context // the caller's
	request     *http.Request   // our clone
	credentials Credentials
	hash        string // of the body

	signature signature // the last one made
	earliest  time.Time // sign for no time before it
	sent      time.Time // by the Signer's clock
}

// prepare clones req with its body hashed and its headers open to the signature.
func (t *Transport) prepare(req *http.Request) (*attempt, error) {
	a := &attempt{transport: t, ctx: req.Context()}
	var err error
	if a.credentials, err = t.signer.credentials(a.ctx); err != nil {
		return nil, err
	}
	if err := checkSendable(req); err != nil {
		return nil, fmt.Errorf("countersign: %w", err)
	}
	a.request = req.WithContext(a.ctx)
	a.request.Header = req.Header.Clone()
	if a.hash, err = t.signer.hashBody(a.request); err != nil {
		return nil, err
	}
	// The one thing that HTTP/1 and HTTP/2 could write differently.
	if a.request.Host, err = wireHost(req); err != nil {
		closeBody(a.request.Body)
		return nil, fmt.Errorf("countersign: %w", err)
	}
	return a, nil
}

// sign signs the clone for now, or for the earliest time that the verifier would accept.
func (a *attempt) sign() error {
	at := a.transport.signer.now()
	if at.Before(a.earliest) {
		at = a.earliest
	}
	signature, err := a.transport.signer.signHeaders(a.request, a.credentials, a.hash, at)
	if err == nil {
		a.signature = signature
	}
	return err
}

// send signs and sends the clone.
func (a *attempt) send() (*http.Response, error) {
	if err := a.sign(); err != nil {
		closeBody(a.request.Body)
		return nil, err
	}
	base, sending := a.transport.next(), a.request
	if _, known := base.(*http.Transport); known {
		sending = a.request.WithContext(httptrace.WithClientTrace(a.ctx, a.signResends()))
	}
	a.sent = a.transport.signer.clock()
	resp, err := base.RoundTrip(sending)
	if err == nil && resp.Request == nil {
		resp.Request = sending // leftOrigin goes by it
	}
	return resp, err
}

// signResends signs anew what an http.Transport sends again by itself.
//
// That gets a second connection for a request only when the first is done with it, and calls the
// hook before it reads the headers: they are ours to change there. Other RoundTrippers may send
// copies side by side, so theirs stay as they are, as does a copy for which signing fails; it is
// refused if the first one arrived.
func (a *attempt) signResends() *httptrace.ClientTrace {
	connections := 0
	return &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		if connections++; connections > 1 {
			_ = a.sign()
		}
	}}
}

// await waits for the earliest time that the verifier would accept. It reports false if that is
// further away than we may wait, and ctx's error if that ended first.
func (a *attempt) await() (bool, error) {
	s := a.transport.signer
	wait := a.earliest.Sub(s.now())
	if wait <= 0 {
		return true, nil
	}
	deadline, bounded := a.ctx.Deadline()
	if wait > s.maxWait || bounded && time.Until(deadline) < wait {
		return false, nil
	}
	return true, s.wait(a.ctx, wait)
}

// sendAgain signs anew and sends once more a request that was refused, unless its body cannot be
// had again.
func (a *attempt) sendAgain(refused *http.Response) (*http.Response, error) {
	if a.request.GetBody != nil {
		body, err := a.request.GetBody()
		if err != nil {
			return refused, nil
		}
		a.request.Body = body
	}
	drain(refused)
	return a.send()
}
