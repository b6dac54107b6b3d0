package explain

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

const (
	// skew is how far a signer's clock may be off. SPEC §7.
	skew = 300 * time.Second
	// longestExpires and defaultCap bound a presigned URL's life, in seconds: by the protocol, and
	// by a verifier that is not told otherwise. SPEC §5.2.
	longestExpires = 604800
	defaultCap     = 900
)

// Explain reports on a request. It takes a few hundred hashes of the request at most.
func Explain(in *Input, options Options) *Report {
	report := &Report{
		Method: in.Message.Method, Target: in.Message.Target, Host: in.Message.Host,
		Problems: in.broken, Notes: in.notes, Verdict: Refused,
	}
	var request canonical.Request
	if err := request.Parse(&in.Message, &canonical.Rules{MaxExpires: longestExpires}); err != nil {
		report.Problems = append(report.Problems, problemOf(err))
		return report
	}
	report.Signature = signatureOf(&request, options.Now)
	report.Payload = &Payload{Declared: request.PayloadHash, Bytes: len(in.Body), Missing: in.BodyMissing}
	if !in.BodyMissing {
		report.Payload.Computed = hexHash(in.Body)
	}
	report.checkScope(&request, options)
	if request.Expires > defaultCap*time.Second {
		report.note("the URL is to live for more than %d s: verifiers refuse that as bad_expires unless they are configured to accept it", defaultCap)
	}
	report.checkPayload()
	report.checkSecret(&request, options)
	if report.Payload.used() == "" {
		report.note("the canonical request ends in the hash of a body that is not here: give the body as well")
		if len(report.Problems) == 0 {
			report.Verdict = Unchecked
		}
		return report
	}
	for _, form := range request.Forms() {
		report.Forms = append(report.Forms, formOf(&request, form, report.Payload.used()))
	}
	report.checkSignature(in, &request, options)
	return report
}

func signatureOf(r *canonical.Request, now time.Time) *Signature {
	names := r.Dialect.Names()
	until := r.Timestamp.Add(skew)
	if r.Mode == canonical.PresignedMode {
		until = r.Timestamp.Add(r.Expires)
	}
	return &Signature{
		Mode: r.Mode.String(), Dialect: names.Name, Algorithm: names.Algorithm, KeyID: r.KeyID,
		Scope: r.Scope.Date + "/" + r.Scope.Region + "/" + r.Scope.Service + "/" + names.Terminator,
		Date:  r.Timestamp, AgeSeconds: int64(now.Sub(r.Timestamp) / time.Second),
		InTime:      !now.Before(r.Timestamp.Add(-skew)) && !now.After(until),
		InTimeUntil: until, Nonce: r.Nonce != "", NonceLength: len(r.Nonce), SignedHeaders: r.SignedHeaders,
	}
}

// checkScope compares the scope with what the verifier pins.
func (report *Report) checkScope(r *canonical.Request, options Options) {
	if options.Region != "" && r.Scope.Region != options.Region {
		report.breaks(canonical.WrongScope, fmt.Sprintf("signed for region %s, and the verifier's is %s", r.Scope.Region, options.Region))
	}
	if options.Service != "" && r.Scope.Service != options.Service {
		report.breaks(canonical.WrongScope, fmt.Sprintf("signed for service %s, and the verifier's is %s", r.Scope.Service, options.Service))
	}
}

func (report *Report) checkPayload() {
	p := report.Payload
	if p.Declared == canonical.HashUnsignedPayload {
		report.note("the body is not signed: verifiers refuse that unless the key may do it")
	} else if p.Declared != "" && p.Computed != "" && p.Declared != p.Computed {
		report.breaks(canonical.BodyMismatch, fmt.Sprintf("the body of %d bytes has another SHA-256 than the content hash header says", p.Bytes))
	}
}

// checkSecret notes what is wrong with the secret itself; it is tried all the same.
func (report *Report) checkSecret(r *canonical.Request, options Options) {
	if options.Secret == "" {
		return
	}
	if options.KeyID != "" && canonical.CheckKeyID(options.KeyID) != nil {
		report.note("COUNTERSIGN_KEY_ID is no key id: were id and secret mixed up?")
	} else if options.KeyID != "" && r.KeyID != options.KeyID {
		report.note("the request names the key %s, and the secret given is that of %s", r.KeyID, options.KeyID)
	}
	_, environment, native, err := canonical.ParseSecret(options.Secret)
	switch {
	case err != nil:
		report.note("about the secret given: %v", err)
	case native && environment != r.Scope.Region:
		report.note("the secret given is of environment %s, and the request is signed for region %s: verifiers refuse that as key_environment", environment, r.Scope.Region)
	}
}

func (report *Report) note(format string, args ...any) {
	report.Notes = append(report.Notes, fmt.Sprintf(format, args...))
}

func (report *Report) breaks(reason canonical.Reason, detail string) {
	report.Problems = append(report.Problems, problem(reason, detail))
}

// checkSignature compares the signature with the secret's over each admitted form, and looks for
// the change that explains a mismatch.
func (report *Report) checkSignature(in *Input, r *canonical.Request, options Options) {
	if options.Secret == "" {
		if len(report.Problems) == 0 {
			report.Verdict = Unchecked
		}
		return
	}
	key := canonical.NewSecret(options.Secret).SigningKey(r.Dialect, r.Scope)
	for _, form := range report.Forms {
		sum := key.Sum([]byte(form.StringToSign))
		if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(r.Signature)) == 1 {
			report.MatchedForm = form.Name
			if len(report.Problems) == 0 {
				report.Verdict = Match
			}
			return
		}
	}
	report.Changes = search(in, r, report.Payload.used(), options)
	if len(report.Problems) == 0 {
		report.Verdict = Mismatch
	}
	report.breaks(canonical.SignatureMismatch, "the signature was not made over this request with this secret")
}
