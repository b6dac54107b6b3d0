package server

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// Rejection is why a request was refused. It is the error of [Verifier.Verify]. The reason, and the
// error that it wraps, are for logs and metrics; the public answer is what [Rejection.Write] sends.
type Rejection struct {
	Reason canonical.Reason
	// Detail names the broken rule; it holds no secret, signature, nonce, body or query value.
	Detail string
	// RequestID is that of the answer's X-Request-Id.
	RequestID string
	// RetryAfter is when signing and sending again may pass; 0 means unknown.
	RetryAfter time.Duration

	status     int    // other than the reason's own, or 0
	serverTime string // value of X-Countersign-Server-Time, or ""
	public     bool   // Detail may be told: it was decided before any key was looked up
	realm      string
	cause      error
}

// Error returns the reason and its detail.
func (r *Rejection) Error() string {
	text := string(r.Reason)
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	if r.cause != nil {
		text += fmt.Sprintf(" (%v)", r.cause)
	}
	return text
}

// Unwrap returns the error of the key source or nonce store that led to the refusal, or nil.
func (r *Rejection) Unwrap() error { return r.cause }

// Status returns the HTTP status of the answer.
func (r *Rejection) Status() int {
	if r.status != 0 {
		return r.status
	}
	return r.Reason.Status()
}

// Code returns the coarse code of the answer.
func (r *Rejection) Code() string {
	if r.status == http.StatusServiceUnavailable {
		return canonical.CodeUnavailable
	}
	return r.Reason.Code()
}

// reject makes a rejection whose detail stays inside.
func reject(reason canonical.Reason, detail string) *Rejection {
	return &Rejection{Reason: reason, Detail: detail}
}

// rejectFor makes a rejection that another part's error led to.
func rejectFor(reason canonical.Reason, cause error) *Rejection {
	return &Rejection{Reason: reason, cause: cause}
}

// Refuse returns the refusal of a request that v had accepted by its head, for a reason that its body
// has shown since: [canonical.BodyMismatch], [canonical.BodyTruncated], [canonical.PayloadTooLarge].
// Its nonce stays claimed, and Observe is not told.
func (v *Verifier) Refuse(id *Identity, reason canonical.Reason, cause error) *Rejection {
	rejection := rejectFor(reason, cause)
	rejection.RequestID, rejection.realm = id.RequestID, v.policy.Service
	return rejection
}

// maxDetail is longer, in bytes, than any detail that names a header of a usual length.
const maxDetail = 320

// detailOf returns the detail of a request that breaks a rule, for logs and the answer. It may name a
// header, which anybody can make long, or put a secret in the place of.
func detailOf(detail string) string {
	// A secret that begins before the cut is found whole; how long a name is must not be how long this takes.
	if secretText.MatchString(detail[:min(len(detail), maxDetail+128)]) {
		return "a header name, or one in SignedHeaders, holds what looks like a secret"
	}
	if len(detail) > maxDetail {
		return strings.ToValidUTF8(detail[:maxDetail], "") + "…"
	}
	return detail
}
