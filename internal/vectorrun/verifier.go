package vectorrun

import (
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/testvectors"
)

// NewVerifier returns the verifier that [Run] gives a case to: its clock stands at the case's time, and
// its store holds the case's claims. It is for tests that bring the case's request to it another way.
func NewVerifier(settings *testvectors.Verifier, c *testvectors.Case) (*server.Verifier, error) {
	run, err := newRun(settings, c)
	if err != nil {
		return nil, err
	}
	return run.verifier, nil
}
