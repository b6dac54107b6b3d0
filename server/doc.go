// Package server verifies signed HTTP requests. [NewVerifier] makes a [Verifier] from a source of
// keys, a store of nonces and a policy; [Verifier.Handler] is the net/http middleware, and
// [Verifier.Verify] the core that it translates. The order of the checks is that of SPEC §10
// (canonical/SPEC.md); nothing is stored for a request that has not proved its key.
package server
