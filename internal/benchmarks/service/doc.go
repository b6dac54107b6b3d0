// Package service measures a whole Echo API: the same two routes behind nothing, behind Echo's own
// JWT middleware, and behind the verifier. [Measure] runs the contest.
//
// What makes it fair:
//
//   - Every contestant is a process of its own, the same program, and none shares its heap or its
//     collector's pauses with another or with the generator. Only one of them has load at a time.
//   - All are driven by the generator behind "countersign bench", with the same number of requests,
//     connections and bytes of body. Requests are rendered, and where they need it signed, before the
//     clock starts, for all contestants alike: on a machine whose two cores generator and server
//     share, signing within the window would be charged to the verifier. Every request is signed by
//     itself, with a fresh nonce: none could be accepted twice. The JWT is the same in all requests,
//     as with a client that has fetched one; the middleware keeps nothing of it between requests.
//   - What is left of the client is the same for all: writing bytes that lie ready and reading the
//     answer, without a goroutine or a header map in between. It is small, so that what the servers
//     differ in is not drowned by it: a heavier client would bring all ratios nearer to 1. How much
//     of the machine each took is measured as well.
//   - Rounds alternate, each in another order; ratios are taken within a round, and the median over
//     the rounds counts.
//
// The handlers read the body, ask who the caller is, and answer a line of JSON.
package service
