// Package gateway puts a verifier before an API that it is not part of: [ForwardAuth] answers proxies
// that ask about each request, [Proxy] passes verified requests on to an upstream. Both give the
// verdict of one [server.Verifier], on the request as the client sent it.
package gateway
