// Package explain tells what a verifier sees in a request, and why it would refuse it. [Read] takes
// the request apart without losing a byte of it (raw, as curl prints it, or from a verifier's record),
// and [Explain] does the rest: it is package canonical's own parser and writer that are asked, never a
// copy of them, so that what is shown is what is verified. Where a signature does not match, a bounded
// list of changes to the signed bytes is tried, and the one that makes it match is named, with where
// to put it right.
//
// Nothing here reads a clock, a file or the environment, and no output holds the secret, a signing
// key, or a signature that was not in the input.
package explain
