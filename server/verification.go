package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
)

// verification is one request on its way through the steps of SPEC §10. It is used again for
// others, with its buffers.
type verification struct {
	v        *Verifier
	req      *http.Request
	message  canonical.Message
	rules    *canonical.Rules
	request  canonical.Request
	now      time.Time
	decision Decision

	key        *Key             // the named key, where it may sign this request; else nil
	keyRefusal canonical.Reason // why not
	signingKey canonical.SigningKey
	active     [MaxActiveSecrets]int // room for activeSecrets

	id    nonce.ID // of the claim, once named
	named bool

	route  Route
	routed bool // a route matches, or there are none

	canonical   []byte
	toSign      []byte
	payloadHash string // that the MAC covers
	body        []byte
	bodyRead    bool
	part
}

func (s *verification) begin(v *Verifier, req *http.Request) {
	s.v, s.req, s.rules = v, req, &v.rules
	s.now = v.policy.Now()
	s.decision = Decision{Time: s.now, RequestID: newRequestID()}
	s.decision.describe(req)
	s.message = canonical.Message{Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header}
}

// end drops what belongs to the request, so that the pool keeps buffers alone alive, whose size the
// limits bound.
func (s *verification) end() {
	s.request.Reset()
	s.v, s.req, s.key, s.keyRefusal = nil, nil, nil, ""
	s.payloadHash, s.body, s.bodyRead, s.part = "", nil, false, part{}
	s.message, s.decision, s.signingKey = canonical.Message{}, Decision{}, canonical.SigningKey{}
	s.route, s.routed, s.named = Route{}, false, false
}

// run takes the steps in order; each is cheaper or safer than the next, and nothing is stored for
// a request that has not passed all the others. SPEC §10.
func (s *verification) run() (*Identity, *Rejection) {
	ctx := s.req.Context()
	for _, step := range [...]func(*verification, context.Context) *Rejection{
		(*verification).parse,
		(*verification).checkScope,
		(*verification).findKey,
		(*verification).checkMAC,
		(*verification).checkClockEarly,
		(*verification).findRoute,
		(*verification).peek,
		(*verification).checkBody,
		(*verification).findKeyAgain,
		(*verification).authorize,
		(*verification).claim,
	} {
		if rejection := step(s, ctx); rejection != nil {
			rejection.RequestID, rejection.realm = s.decision.RequestID, s.v.policy.Service
			return nil, rejection
		}
	}
	return s.deliver(), nil
}

// parse is step 1: limits and syntax.
func (s *verification) parse(context.Context) *Rejection {
	if len(s.req.Trailer) != 0 {
		return &Rejection{Reason: canonical.Trailer, Detail: "trailers cannot be signed: send none", public: true}
	}
	err := s.request.Parse(&s.message, s.rules)
	if err == nil {
		s.decision.Mode, s.decision.Dialect, s.decision.KeyID = s.request.Mode, s.request.Dialect, s.request.KeyID
		s.decision.Skew = s.now.Sub(s.request.Timestamp)
		return s.checkForwarding()
	}
	var broken *canonical.Error
	if !errors.As(err, &broken) {
		return rejectFor(canonical.BadHeader, err)
	}
	code := broken.Reason.Code()
	public := code == canonical.CodeMalformed || code == canonical.CodeMissingSignature
	return &Rejection{Reason: broken.Reason, Detail: detailOf(broken.Detail), public: public}
}

// checkForwarding is the last part of step 1, where the application gets the headers as they were sent.
func (s *verification) checkForwarding() *Rejection {
	if !s.asSent {
		return nil
	}
	if name := s.request.Rewritten(); name != "" {
		return &Rejection{Reason: canonical.BadHeader, public: true, Detail: detailOf(name +
			" must stand on one line without runs of spaces: it is signed, and the proxy passes it on as it is")}
	}
	return nil
}

// checkScope is step 2: what the verifier pins, and the limit of a day beyond any window.
func (s *verification) checkScope(context.Context) *Rejection {
	if s.request.Scope.Region != s.v.policy.Region {
		return reject(canonical.WrongScope, "signed for another region")
	}
	if s.request.Scope.Service != s.v.policy.Service {
		return reject(canonical.WrongScope, "signed for another service")
	}
	if earliest, latest := s.window(); s.now.Before(earliest.Add(-day)) || s.now.After(latest.Add(day)) {
		return reject(canonical.FarTime, "signed more than a day out of time")
	}
	return nil
}

// deliver is step 10: the request gets its verified bytes, the caller its identity.
func (s *verification) deliver() *Identity {
	s.request.Deliver(s.req.Header)
	if s.bodyRead {
		s.req.Body, s.req.ContentLength, s.req.TransferEncoding = newVerifiedBody(s.body), int64(len(s.body)), nil
	}
	return &Identity{
		KeyID:         s.key.ID,
		Environment:   s.key.Environment,
		Scopes:        slices.Clip(s.key.Scopes), // an append must not write into the record
		Dialect:       s.request.Dialect,
		Mode:          s.request.Mode,
		SignedAt:      s.request.Timestamp,
		RequestID:     s.decision.RequestID,
		RateTier:      s.key.RateTier,
		SignedHeaders: s.request.SignedHeaders,
		BodySHA256:    s.payloadHash,
		Reusable:      s.reusable(),
	}
}
