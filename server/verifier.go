package server

import (
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
)

// Verifier decides whether a request was signed with a current secret of a known key, is in time,
// and has not been seen before. It is safe for concurrent use. The zero Verifier refuses everything.
type Verifier struct {
	keys    KeySource
	nonces  nonce.Store
	peeker  nonce.Peeker // nil where the store cannot peek
	policy  Policy
	rules   canonical.Rules
	routes  *routes // nil where policy has none
	buffers budget
	reading inFlight
	// dummies stand in for the secrets that a key does not have, so that every failing request
	// costs the same number of MACs.
	dummies [MaxActiveSecrets]canonical.Secret
	states  sync.Pool
}

// NewVerifier returns a verifier, or an error that names what is wrong with the policy. The store
// stays the caller's to close, after the last request.
func NewVerifier(keys KeySource, nonces nonce.Store, policy Policy) (*Verifier, error) {
	if keys == nil {
		return nil, errors.New("server: no source of keys: pass filekeys.Open, or NewStaticKeys")
	}
	if nonces == nil {
		return nil, errors.New("server: no nonce store: pass badgerstore.Open, or nonce.NewMemory")
	}
	policy, err := policy.prepare()
	if err != nil {
		return nil, err
	}
	v := &Verifier{keys: keys, nonces: nonces, policy: policy, rules: policy.rules()}
	if v.routes, err = newRoutes(policy.Routes); err != nil {
		return nil, err
	}
	v.peeker, _ = nonces.(nonce.Peeker)
	v.buffers.limit = policy.MaxBuffered
	for i := range v.dummies {
		v.dummies[i] = canonical.NewSecret(rand.Text() + rand.Text())
	}
	return v, nil
}

// Region returns the region that the verifier pins.
func (v *Verifier) Region() string { return v.policy.Region }

// Service returns the service that the verifier pins.
func (v *Verifier) Service() string { return v.policy.Service }

// Verify checks a request as a net/http server received it, claims its nonce, and returns who
// signed it. Its error is a *Rejection, whose Write answers the request. Each request may be
// verified once only: the second time it is a replay.
//
// It reads the body and puts the verified bytes in its place, and rewrites signed headers to the
// values that the signature covers. It looks at req.RequestURI, Host, Header, Body, Trailer and
// RemoteAddr; whatever rewrites those must come after it.
func (v *Verifier) Verify(req *http.Request) (*Identity, error) { return v.verify(req, part{}) }

// VerifyHead is Verify for those who pass the body on as it comes. It reads none of it, and takes a
// request without a content hash for one with an empty body. What the body must hash to is in
// [Identity.BodySHA256], and nobody has checked yet that it does: whoever reads the body must, with
// [BodyCheck] or [CheckedBody]. A signature of a request without a body is otherwise good for one with
// any body.
func (v *Verifier) VerifyHead(req *http.Request) (*Identity, error) {
	return v.verify(req, part{headOnly: true})
}

// VerifyForwarded is VerifyHead for a request that somebody else passes on, with the header lines that
// were sent: it refuses one with a signed header that an application would read otherwise than it was
// signed, because it stands on several lines or has runs of spaces.
func (v *Verifier) VerifyForwarded(req *http.Request) (*Identity, error) {
	return v.verify(req, part{headOnly: true, asSent: true})
}

// part is what of a request the verifier has in its hands.
type part struct {
	headOnly bool // somebody else compares the body with payloadHash
	asSent   bool // somebody else delivers the headers
}

func (v *Verifier) verify(req *http.Request, of part) (*Identity, error) {
	if v == nil || v.keys == nil || v.nonces == nil {
		rejection := reject(canonical.KeysUnavailable, "the verifier has not been set up: use NewVerifier")
		rejection.RequestID = newRequestID()
		return nil, rejection
	}
	s, _ := v.states.Get().(*verification)
	if s == nil {
		s = new(verification)
	}
	s.begin(v, req)
	s.part = of
	id, rejection := s.run()
	v.observe(s, rejection)
	s.end()
	v.states.Put(s)
	if rejection != nil {
		return nil, rejection
	}
	return id, nil
}

func (v *Verifier) observe(s *verification, rejection *Rejection) {
	if v.policy.Observe == nil {
		return
	}
	if rejection != nil {
		s.decision.Reason, s.decision.Status, s.decision.Rejection = rejection.Reason, rejection.Status(), rejection
		if v.policy.Record {
			s.decision.Record = s.record(rejection)
		}
	}
	s.decision.Duration = v.policy.Now().Sub(s.decision.Time)
	v.policy.Observe(s.req.Context(), s.decision)
}
