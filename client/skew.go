package client

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// maxOffset bounds how far the verifier's clock is believed to be from ours: a verifier answers
// with authenticated time only within a day of its window.
const maxOffset = 25 * time.Hour

// maxAnswerTime bounds how long an answer may have taken for its time to be believed: whoever holds
// it up shifts our clock by as much. SPEC §7.
const maxAnswerTime = 30 * time.Second

// clockOffset is how far the verifier's clock is ahead of ours.
type clockOffset struct{ nanoseconds atomic.Int64 }

func (o *clockOffset) load() time.Duration { return time.Duration(o.nanoseconds.Load()) }

// learn sets the offset from a verifier's time, whole seconds rounded down, that was taken between
// two instants of our clock. Where both clocks may agree the offset is zero, so that a clock set
// right needs no further correction. It reports whether the offset is one that can be believed.
func (o *clockOffset) learn(theirs, sent, received time.Time) bool {
	least, most := theirs.Sub(received), theirs.Add(time.Second).Sub(sent)
	offset := (least + most) / 2
	if least <= 0 && most >= 0 {
		offset = 0
	}
	if offset > maxOffset || offset < -maxOffset {
		return false
	}
	o.nanoseconds.Store(int64(offset))
	return true
}

// refusedForTime reports whether resp refuses the request for its time and proves to know the
// secret; if so, the Signer has learned the verifier's clock. Otherwise resp reads as it came.
// SPEC §7.
func (a *attempt) refusedForTime(resp *http.Response) bool {
	values := resp.Header[canonical.ServerTimeHeader]
	if resp.StatusCode != http.StatusUnauthorized || len(values) != 1 {
		return false
	}
	received := a.transport.signer.clock()
	if received.Sub(a.sent) > maxAnswerTime {
		return false
	}
	theirs, err := canonical.ParseServerTime(values[0])
	if err != nil {
		return false
	}
	if !theirs.Verify(a.signature.key, a.signature.dialect, a.signature.text) {
		return false
	}
	// The answer to HEAD has no body to say so.
	if a.request.Method != http.MethodHead && !saysCode(resp, canonical.CodeClockSkew) {
		return false
	}
	if !a.transport.signer.offset.learn(theirs.Now, a.sent, received) {
		return false
	}
	a.earliest = theirs.Earliest
	return true
}

// maxProblem bounds what is read of a refusal, in bytes; a verifier's is a few hundred long.
const maxProblem = 16 << 10

// saysCode reports whether resp is a problem with that code, and puts back what it read.
func saysCode(resp *http.Response, code string) bool {
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if mediaType != "application/problem+json" || resp.Body == nil {
		return false
	}
	var read bytes.Buffer
	_, err := read.ReadFrom(io.LimitReader(resp.Body, maxProblem))
	content := read.Bytes()
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failedReader{err}
	}
	resp.Body = &partlyRead{Reader: io.MultiReader(bytes.NewReader(content), rest), Closer: resp.Body}
	var problem struct {
		Code string `json:"code"`
	}
	return json.Unmarshal(content, &problem) == nil && problem.Code == code
}

// failedReader fails as the reader before it did.
type failedReader struct{ err error }

func (r failedReader) Read([]byte) (int, error) { return 0, r.err }

// drain reads what is left of a refusal, so that its connection can be used again.
func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxProblem)
	closeBody(resp.Body)
}
