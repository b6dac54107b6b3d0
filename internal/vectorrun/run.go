// Package vectorrun runs published vectors against this module's verifier, as testvectors/README.md
// says. [Run] is its one function.
package vectorrun

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/testvectors"
)

// Result is what became of one case.
type Result struct {
	Case *testvectors.Case
	// Problem says in which respect the verifier did not do what the case expects; "" means that
	// the case passed.
	Problem string
}

// Passed reports whether the verifier did what the case expects.
func (r Result) Passed() bool { return r.Problem == "" }

// Run gives every case to a verifier of its own, with its clock at the case's time and a store that
// holds the case's claims, and returns a result for each, in order.
func Run(set *testvectors.Set) []Result {
	results := make([]Result, len(set.Cases))
	for i, c := range set.Cases {
		results[i] = Result{Case: c, Problem: runCase(set.Verifier, c)}
	}
	return results
}

func runCase(settings *testvectors.Verifier, c *testvectors.Case) string {
	run, err := newRun(settings, c)
	switch {
	case err != nil:
		return err.Error()
	case c.Layer == testvectors.LayerParser:
		return run.overConnection()
	case c.Accepted():
		return run.accepted()
	}
	return run.refused()
}

// caseRun is one case on its way.
type caseRun struct {
	c        *testvectors.Case
	settings *testvectors.Verifier
	verifier *server.Verifier
	store    *countingStore
	decision server.Decision // the last one
	received *seen           // by the handler, over a connection; nil if it was not reached
}

func newRun(settings *testvectors.Verifier, c *testvectors.Case) (*caseRun, error) {
	run := &caseRun{c: c, settings: settings}
	memory, err := nonce.NewMemory(nonce.MemoryOptions{Initial: nonce.New, Capacity: 1000, Clock: stoppedClock(c.Time)})
	if err != nil {
		return nil, err
	}
	for _, claimed := range c.Claimed {
		if err := memory.Claim(context.Background(), nonce.NewID(claimed.KeyID, claimed.Nonce), c.Time, c.Time.Add(time.Hour)); err != nil {
			return nil, fmt.Errorf("claiming what the case says is claimed: %w", err)
		}
	}
	run.store = &countingStore{Memory: memory}
	run.verifier, err = newVerifier(settings, run.store, c.Time, func(_ context.Context, d server.Decision) { run.decision = d })
	return run, err
}

// verify gives the case's request to the verifier, and returns the reason of a refusal, or "".
func (run *caseRun) verify() (canonical.Reason, error) {
	req, err := run.c.Request()
	if err != nil {
		return "", fmt.Errorf("net/http does not read the request: %w", err)
	}
	_, err = run.verifier.Verify(req)
	var rejection *server.Rejection
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &rejection):
		return rejection.Reason, nil
	}
	return "", err
}

func (run *caseRun) accepted() string {
	problem, err := run.checkCanonical()
	if err != nil || problem != "" {
		return join(problem, err)
	}
	switch reason, err := run.verify(); {
	case err != nil:
		return err.Error()
	case reason != "":
		return fmt.Sprintf("refused as %s, and must be accepted", reason)
	case run.decision.Form.String() != run.c.Form:
		return fmt.Sprintf("accepted in form %s, and was signed in form %s", run.decision.Form, run.c.Form)
	}
	return run.acceptedAgain()
}

// acceptedAgain sends an accepted request once more, which is accepted for reusable ones alone.
func (run *caseRun) acceptedAgain() string {
	reason, err := run.verify()
	switch {
	case err != nil:
		return err.Error()
	case !run.c.Reusable && reason != canonical.Replayed:
		return fmt.Sprintf("sent again it must be refused as %s, not %q", canonical.Replayed, reason)
	case run.c.Reusable && reason != "":
		return fmt.Sprintf("sent again it is refused as %s, and must be accepted", reason)
	case run.c.Reusable && run.store.claims != 0:
		return "accepted, and claimed though it is reusable"
	}
	return ""
}

// checkCanonical compares the canonical request and the signature with those that the case states.
func (run *caseRun) checkCanonical() (problem string, err error) {
	req, err := run.c.Request()
	if err != nil {
		return "", err
	}
	body, err := readAll(req.Body)
	if err != nil {
		return "", err
	}
	var request canonical.Request
	message := canonical.Message{Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header}
	rules := canonical.Rules{MaxExpires: run.settings.PresignMaxExpires, SignatureNonce: true}
	if err := request.Parse(&message, &rules); err != nil {
		return "", err
	}
	payloadHash := request.PayloadHash
	if payloadHash == "" {
		payloadHash = hexSum(body)
	}
	for _, form := range request.Forms() {
		if form.String() != run.c.Form {
			continue
		}
		if got := hexSum(request.AppendCanonical(nil, form, payloadHash)); got != run.c.CanonicalRequestSHA256 {
			return fmt.Sprintf("the canonical request's SHA-256 is %s, and must be %s", got, run.c.CanonicalRequestSHA256), nil
		}
		if request.Signature != run.c.Signature {
			return "the request carries another signature than the case states", nil
		}
		return "", nil
	}
	return fmt.Sprintf("the request has no form %s", run.c.Form), nil
}

func (run *caseRun) refused() string {
	reason, err := run.verify()
	switch {
	case err != nil:
		return err.Error()
	case reason == "":
		return fmt.Sprintf("accepted, and must be refused as %s", run.c.Reason)
	case string(reason) != run.c.Reason:
		return fmt.Sprintf("refused as %s, and must be refused as %s", reason, run.c.Reason)
	case run.store.claims != 0:
		return "refused, and its nonce was claimed all the same"
	}
	return ""
}

func join(problem string, err error) string {
	if err != nil {
		return err.Error()
	}
	return problem
}

func hexSum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
