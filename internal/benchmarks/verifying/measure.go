// Package verifying compares what it costs to verify a request, all but the claim of its nonce,
// with the floor: the bare hashing that any verifier has to do. [Measure] runs the contest.
package verifying

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
	"github.com/countersign-dev/countersign/internal/benchmarks/request"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

const (
	keyID   = "ck_live_benchmarks000000"
	secret  = "a-secret-of-the-benchmarks-of-more-than-32-bytes"
	region  = "live"
	service = "orders"
)

// Settings say how long to measure.
type Settings struct {
	Turns    int
	Duration time.Duration // of one turn
}

// Outcome is what the contest came to for one kind of request on that many processors: the turns of
// each side.
type Outcome struct {
	Kind            request.Kind
	Processors      int
	Canonical       int // bytes of the canonical request
	Verifier, Floor []contest.Timing
}

// Measure runs the contest.
func Measure(settings Settings) ([]Outcome, error) {
	verifier, err := newVerifier()
	if err != nil {
		return nil, err
	}
	var outcomes []Outcome
	for _, kind := range request.Kinds() {
		for _, processors := range []int{1, 2} {
			outcome := Outcome{Kind: kind, Processors: processors}
			err := contest.OnProcessors(processors, func() error { return outcome.measure(settings, verifier) })
			if err != nil {
				return nil, err
			}
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes, nil
}

func (o *Outcome) measure(settings Settings, verifier *server.Verifier) error {
	signed, err := received(o.Kind)
	if err != nil {
		return err
	}
	if o.Canonical, err = canonicalSize(signed); err != nil {
		return err
	}
	verify, err := contest.Turn(verification(o.Kind, verifier), settings.Duration)
	if err != nil {
		return err
	}
	hash, err := contest.Turn(floor(o.Kind.Body(), o.Canonical), settings.Duration)
	if err != nil {
		return err
	}
	results, err := contest.Rounds(settings.Turns, verify, hash)
	if err != nil {
		return err
	}
	o.Verifier, o.Floor = results[0], results[1]
	return nil
}

// unlimited accepts every claim: what remains is the verifier.
type unlimited struct{}

var _ nonce.Store = unlimited{}

// Claim implements [nonce.Store].
func (unlimited) Claim(context.Context, nonce.ID, time.Time, time.Time) error { return nil }

// Close implements [nonce.Store].
func (unlimited) Close() error { return nil }

func newVerifier() (*server.Verifier, error) {
	keys := server.NewStaticKeys(&server.Key{
		ID: keyID, Environment: region, Secrets: []server.KeySecret{{Secret: canonical.NewSecret(secret)}},
	})
	return server.NewVerifier(keys, unlimited{}, server.Policy{Region: region, Service: service})
}

// received returns a signed request as a server receives it.
func received(kind request.Kind) (*http.Request, error) {
	req, err := kind.New("http://orders.example")
	if err != nil {
		return nil, err
	}
	signer := client.NewSigner(client.Static(keyID, secret), client.Target{Region: region, Service: service})
	if err := signer.Sign(req); err != nil {
		return nil, err
	}
	req.Host, req.RequestURI = "orders.example", req.URL.RequestURI()
	req.RemoteAddr = "192.0.2.7:4711"
	return req, nil
}

func canonicalSize(req *http.Request) (int, error) {
	var parsed canonical.Request
	message := canonical.Message{Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header}
	if err := parsed.Parse(&message, &canonical.Rules{}); err != nil {
		return 0, err
	}
	return len(parsed.AppendCanonical(nil, canonical.RuleForm, parsed.PayloadHash)), nil
}

// verification verifies the same request again and again; nothing remembers its nonce.
func verification(kind request.Kind, verifier *server.Verifier) contest.Operation {
	return func() (func() error, error) {
		req, err := received(kind)
		if err != nil {
			return nil, err
		}
		content := kind.Body()
		body := &rewindable{}
		return func() error {
			if content == nil {
				req.Body = http.NoBody
			} else {
				body.Reset(content)
				req.Body, req.ContentLength = body, int64(len(content))
			}
			_, err := verifier.Verify(req)
			return err
		}, nil
	}
}

type rewindable struct{ bytes.Reader }

var _ io.ReadCloser = (*rewindable)(nil)

// Close implements [io.Closer].
func (*rewindable) Close() error { return nil }
