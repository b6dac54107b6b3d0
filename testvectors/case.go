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

// LayerParser is the value of [Case.Layer] for a case that an HTTP parser may decide.
const LayerParser = "parser"

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
	// Layer is LayerParser or "". A case of the parser's layer has to go over a connection: it
	// passes when the answer is not 2xx, or when what the handler saw is exactly what was verified.
	Layer string
	// Remote is the peer's IP address.
	Remote string
	// Claimed lists what the store holds before the request comes; nothing else is claimed.
	Claimed []Claim

	// CanonicalRequestSHA256 and Signature are 64 lower-case hex digits, and Form is one of the
	// Form constants; all three are "" in a refused case.
	CanonicalRequestSHA256 string
	Signature              string
	Form                   string

	// Raw is the request as it goes over the wire.
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

// Request parses the request with [http.ReadRequest], and sets RemoteAddr. It returns the parser's
// error, which only a case with Layer LayerParser may cause.
func (c *Case) Request() (*http.Request, error) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.Raw)))
	if err != nil {
		return nil, err
	}
	req.RemoteAddr = net.JoinHostPort(c.Remote, "49152")
	return req, nil
}
