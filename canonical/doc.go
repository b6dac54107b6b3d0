// Package canonical is the Countersign wire protocol as pure functions: what a signed HTTP request
// looks like, the bytes that its signature covers, and the signature itself. It reads no clock and no
// configuration, and imports the standard library alone. SPEC.md in this directory is the
// specification; the code cites its sections.
//
// [Request.Parse] is the heart: it takes a request as received, or as about to be sent, checks
// every rule that can be checked without a key, and yields the pieces from which
// [Request.AppendCanonical] writes the canonical request. Signer and verifier both go through it,
// so that a request which the verifier would refuse is refused by the signer, for the same reason.
//
// Programs that sign import the client package, programs that verify the server package; this one
// is for those who implement the protocol.
package canonical
