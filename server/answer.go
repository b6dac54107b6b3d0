package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// problem is the body of a refusal, RFC 9457. Refusals that must not be told apart have the same
// bytes but for the request id. SPEC §9.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// marshal returns compact JSON; a detail that says <algorithm> stays readable.
func (p problem) marshal() []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil { // no field of problem can fail to marshal
		panic(err)
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// write answers a request with p.
func (p problem) write(w http.ResponseWriter) {
	text := p.marshal()
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Content-Length", strconv.Itoa(len(text)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if p.RequestID != "" {
		header.Set("X-Request-Id", p.RequestID)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(text) // a client that has gone away is no error of ours
}

func newProblem(status int, code, requestID string) problem {
	return problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, RequestID: requestID}
}

// WriteProblem answers a request that no verifier has judged in the form in which refusals are
// answered, with a code of the caller's own. An empty requestID stands for a new one.
func WriteProblem(w http.ResponseWriter, status int, code, requestID string) {
	if requestID == "" {
		requestID = newRequestID()
	}
	newProblem(status, code, requestID).write(w)
}

// Write answers a request with the refusal, as application/problem+json.
func (r *Rejection) Write(w http.ResponseWriter) {
	answer := newProblem(r.Status(), r.Code(), r.RequestID)
	if r.public {
		answer.Detail = r.Detail
	}
	header := w.Header()
	if answer.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", canonical.CS4.Names().Algorithm+` realm="`+r.realm+`"`)
	}
	if r.serverTime != "" {
		header.Set(canonical.ServerTimeHeader, r.serverTime)
	}
	if r.RetryAfter > 0 {
		seconds := (r.RetryAfter + time.Second - 1) / time.Second
		header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	answer.write(w)
}
