// Package service measures a whole Echo API: the same two routes behind nothing, behind Echo's own
// JWT middleware, and behind the verifier. [Measure] runs the contest.
//
// What makes it fair:
//
//   - Every contestant is a process of its own, the same program, and none shares its heap or its
//     collector's pauses with another or with the generator. Only one of them has load at a time.
//   - All are driven in the same way, with the same number of requests, connections and bytes of
//     body. Requests are made, and where they need it signed, before the clock starts, for all
//     contestants alike: on a machine whose two cores client and server share, signing within the
//     window would be charged to the verifier. Every request is signed by itself, with a fresh nonce:
//     none could be accepted twice. The JWT is the same in all requests, as with a client that has
//     fetched one; the middleware keeps nothing of it between requests.
//   - What the client takes of the machine is the same for all, but not nothing: the more it takes, the
//     nearer are all ratios of requests/s to 1. So there are two drivers: the generator behind
//     "countersign bench", which writes bytes that lie ready, takes less than any client does, and
//     shows the differences larger than a caller would see them; and Go's http.Client, as most
//     callers use it. The processor time that the server took is measured as well: that is what a
//     server has to pay whose clients run elsewhere.
//   - Rounds alternate, each in another order; ratios are taken within a round, and the median over
//     the rounds counts.
//
// The handlers read the body, ask who the caller is, and answer a line of JSON.
package service
