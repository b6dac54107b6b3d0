package client

import "net/http"

// Transport is an [http.RoundTripper] that signs every request on its way through, with a fresh
// nonce for every attempt.
//
// It never changes the request that it is given: it signs a clone, which the response's Request
// field then holds. What [Signer.Sign] refuses it does not send.
//
// Clock: a request that the verifier refuses for its time, with authenticated time that proves to
// come from a holder of the secret, teaches the Signer the verifier's clock, and is signed and sent
// once more, after a wait of up to [WithMaxWait] if the verifier asks for it. Without that proof
// the answer is returned as it came.
//
// Rotation: where the source of credentials is a [Refresher], a request that is refused with
// invalid_signature makes it look for a newer secret; only if there is one, the request is signed
// with that, and sent once more.
//
// Redirects: a hop to the origin that the caller asked is signed anew. One that leaves that origin
// (another host or port, or from https to http) is sent unsigned, as are those after it: whoever
// answers there could otherwise pass the signed request on to the API.
//
// Resends: when a kept-alive connection dies under it, net/http by itself sends again a request that
// is safe to repeat: GET, HEAD, OPTIONS, TRACE, or one with an Idempotency-Key header. Where the base
// is an *http.Transport such a copy is signed anew just before it is sent, so that the verifier does
// not take it for a replay. An answer "replayed_request" is never acted on, because the first copy
// may have been executed.
type Transport struct {
	signer *Signer
	base   http.RoundTripper
}

var _ http.RoundTripper = (*Transport)(nil)

// Transport returns a Transport that sends through base; nil means [http.DefaultTransport].
func (s *Signer) Transport(base http.RoundTripper) *Transport {
	return &Transport{signer: s, base: base}
}

func (t *Transport) next() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// CloseIdleConnections closes those of the base, if it can.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.next().(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// RoundTrip signs a clone of req and sends it.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if leftOrigin(req) {
		return t.next().RoundTrip(req)
	}
	a, err := t.prepare(req)
	if err != nil {
		closeBody(req.Body)
		return nil, err
	}
	resp, err := a.send()
	if err == nil && a.refusedForSecret(resp) {
		resp, err = a.sendAgain(resp)
	}
	if err != nil || !a.refusedForTime(resp) {
		return resp, err
	}
	switch worth, err := a.await(); {
	case err != nil:
		closeBody(resp.Body)
		return nil, err
	case !worth:
		return resp, nil
	}
	return a.sendAgain(resp)
}
