// Package workload sends requests to one server, at a constant rate or as fast as it answers, and
// measures how long the answers take. [Run] is the one function that most programs need; it is what
// "countersign bench" and the project's own end-to-end figures run on.
//
// One goroutine owns one connection, writes a request that has been rendered to bytes, and reads the
// answer, with nothing between it and the socket: on a machine that it shares with the server, what
// the generator spends is taken from the server. It speaks HTTP/1.1 alone, follows no redirects and
// asks no proxy.
//
// At a constant rate every request has a moment at which it is due, and its latency counts from that
// moment, whether or not a connection was free for it then. A server that stalls is so charged with
// all requests that its stall delayed, and not only with those few that it happened to hold
// ("coordinated omission").
package workload
