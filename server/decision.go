package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// Decision is what a verifier decided of one request, for logs, metrics and audit. It holds no
// secret, signature, nonce, body or query value, but for what Record says of itself.
type Decision struct {
	Time      time.Time // when the request came
	Duration  time.Duration
	RequestID string
	Remote    string // the peer's address, as net/http gives it
	Method    string
	Path      string // as sent, without the query; cut at 1 KiB
	// Reason is why the request was refused, or "" for an accepted one; Status is that of the
	// answer, or 0.
	Reason canonical.Reason
	Status int
	// Rejection is the refusal itself, or nil.
	Rejection *Rejection
	// Record is what explain reads of a refused request, if [Policy.Record] asks for it; else nil.
	Record *Record

	// What follows is known once the request has been parsed; until KeyProved is true the client
	// merely claims it.
	Mode      canonical.Mode
	Dialect   canonical.Dialect
	KeyID     string
	KeyProved bool
	Skew      time.Duration // the verifier's clock less the request's timestamp
	// Form is which of the canonical forms the signature covers, and SecretIndex which of the
	// key's secrets made it (0 is the newest), once KeyProved.
	Form        canonical.Form
	SecretIndex int
}

// describe fills in what is known of any request.
func (d *Decision) describe(req *http.Request) {
	path, _, _ := strings.Cut(req.RequestURI, "?")
	d.Remote, d.Method, d.Path = req.RemoteAddr, req.Method, path[:min(len(path), 1<<10)]
}
