package testvectors

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"time"
)

// The values of [Case.Form]: which canonical form of path and query the signature was made over.
const (
	FormRule       = "rule"         // path encoded once more, query decoded, encoded and sorted
	FormPathAsSent = "path-as-sent" // path as sent, query as in FormRule
	FormAsSent     = "as-sent"      // path and query as sent
)

// The values of [Case.Layer] other than "".
const (
	LayerParser = "parser" // a case that an HTTP parser may decide
	LayerHTTP2  = "http2"  // a case whose Raw is the field lines of HTTP/2
)

// A Case is one request and what a verifier must make of it.
type Case struct {
	// Name is the path of the case's file in the corpus: "refuse/nonce/too-short.txt".
	Name string
	// About says in a sentence what the case probes.
	About string
	// Time is the verifier's clock, in whole seconds of UTC.
	Time time.Time
	// Reason is why the request must be refused; "" means that it must be accepted.
	Reason string
	// DiffersFrom is, in a refused case, the name of the accepted case that it was made from by
	// the change which About tells.
	DiffersFrom string
	// Layer is one of the Layer constants or "". A case of the parser's layer has to go over a
	// connection: it passes when the answer is not 2xx, or when what the handler saw is exactly
	// what was verified.
	Layer string
	// Reusable says of an accepted case that it is accepted again, and nothing is claimed.
	Reusable bool
	// Remote is the peer's IP address.
	Remote string
	// Claimed lists what the store holds before the request comes; nothing else is claimed.
	Claimed []Claim

	// CanonicalRequestSHA256 and Signature are 64 lower-case hex digits, and Form is one of the
	// Form constants; all three are "" in a refused case.
	CanonicalRequestSHA256 string
	Signature              string
	Form                   string

	// Raw is the request as it goes over the wire; with LayerHTTP2 its fields as "name: value" lines
	// that end in CRLF, pseudo-headers first, an empty line and the body.
	Raw []byte
}

// A Claim is a nonce that a key has used.
type Claim struct {
	KeyID string
	Nonce string
}

// Accepted reports whether a verifier must accept the request.
func (c *Case) Accepted() bool {
	return c.Reason == ""
}

// Request parses the request with [http.ReadRequest], or makes the one that net/http's server makes
// of HTTP/2's fields, and sets RemoteAddr. It returns the parser's error, which only a case with
// Layer LayerParser may cause.
func (c *Case) Request() (*http.Request, error) {
	read := func() (*http.Request, error) { return http.ReadRequest(bufio.NewReader(bytes.NewReader(c.Raw))) }
	if c.Layer == LayerHTTP2 {
		read = func() (*http.Request, error) { return http2Request(c.Raw) }
	}
	req, err := read()
	if err != nil {
		return nil, err
	}
	req.RemoteAddr = net.JoinHostPort(c.Remote, "49152")
	return req, nil
}
