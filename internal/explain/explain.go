package explain

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// skew is how far a signer's clock may be off. SPEC §7.
const skew = 300 * time.Second

// Explain reports on a request. It makes some thousand signatures at most.
func Explain(in *Input, options Options) *Report {
	report := &Report{
		Method: in.Message.Method, Target: in.Message.Target, Host: in.Message.Host,
		Problems: slices.Clip(in.broken), Notes: slices.Clip(in.notes), Verdict: Refused,
	}
	rules := options.Rules
	rules.SignatureNonce = true // judged below, as a verifier does
	if in.record != nil {
		report.Record = in.refusal()
		if in.record.Withheld != "" {
			report.breaks(in.record.Reason, in.record.Detail)
			report.note("the verifier's record says no more: %s", in.record.Withheld)
			return report
		}
		rules = in.recordRules()
	}
	var request canonical.Request
	if err := request.Parse(&in.Message, &rules); err != nil {
		report.Problems = append(report.Problems, problemOf(err))
		report.repair(in, &rules, options)
		return report
	}
	report.Signature = signatureOf(&request, in.now(options.Now))
	report.Payload = in.payload(request.PayloadHash)
	report.checkScope(in, &request, options)
	report.checkNonce(in, &request, options)
	report.checkPayload(in)
	report.checkSecret(&request, options)
	if report.Payload.used() == "" {
		report.note("the canonical request ends in the hash of a body that is not here: give the body as well")
		if len(report.Problems) == 0 {
			report.Verdict = Unchecked
		}
		report.checkRecord(in, options)
		return report
	}
	for _, form := range request.Forms() {
		report.Forms = append(report.Forms, formOf(&request, form, report.Payload.used()))
	}
	report.checkSignature(&circumstances{in: in, request: &request, payload: report.Payload, options: options})
	report.checkRecord(in, options)
	return report
}

func signatureOf(r *canonical.Request, now time.Time) *Signature {
	names := r.Dialect.Names()
	until := r.Timestamp.Add(skew)
	if r.Mode == canonical.PresignedMode {
		until = r.Timestamp.Add(r.Expires)
	}
	signature := &Signature{
		Mode: r.Mode.String(), Dialect: names.Name, Algorithm: names.Algorithm, KeyID: r.KeyID,
		Scope: r.Scope.Date + "/" + r.Scope.Region + "/" + r.Scope.Service + "/" + names.Terminator,
		Date:  r.Timestamp, AgeSeconds: int64(now.Sub(r.Timestamp) / time.Second),
		InTime:      !now.Before(r.Timestamp.Add(-skew)) && !now.After(until),
		InTimeUntil: until, SignedHeaders: r.SignedHeaders,
	}
	if !r.SignatureNonce {
		signature.Nonce, signature.NonceLength = true, len(r.Nonce)
	}
	return signature
}

// checkScope compares the scope with what the verifier pins.
func (report *Report) checkScope(in *Input, r *canonical.Request, options Options) {
	region, service := options.Region, options.Service
	if in.record != nil {
		region, service = in.record.Region, in.record.Service
	}
	if region != "" && r.Scope.Region != region {
		report.breaks(canonical.WrongScope, fmt.Sprintf("signed for region %s, and the verifier's is %s", r.Scope.Region, region))
	}
	if service != "" && r.Scope.Service != service {
		report.breaks(canonical.WrongScope, fmt.Sprintf("signed for service %s, and the verifier's is %s", r.Scope.Service, service))
	}
}

// checkNonce judges a request without a nonce by the permission of its key, which a record does not
// tell: there the verifier has said.
func (report *Report) checkNonce(in *Input, r *canonical.Request, options Options) {
	if r.SignatureNonce && in.record == nil && !options.Rules.SignatureNonce {
		report.breaks(canonical.MissingHeader, "the request has no "+r.Dialect.Names().Nonce+": add one, fresh for every request, and sign it")
	}
}

func (report *Report) checkPayload(in *Input) {
	p := report.Payload
	switch {
	case p.Declared == canonical.HashUnsignedPayload:
		report.note("the body is not signed: verifiers refuse that unless the key may do it")
	case p.Declared != "" && p.Computed != "" && p.Declared != p.Computed:
		report.breaks(canonical.BodyMismatch, fmt.Sprintf("the body of %d bytes has another SHA-256 than the content hash header says", p.Bytes))
	}
	if in.record != nil && !in.BodyMissing && p.Computed != "" && hexHash(in.Body) != p.Computed {
		report.note("the body given (%d bytes) is not the one that the verifier received (%d bytes)", len(in.Body), p.Bytes)
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
// what explains a mismatch.
func (report *Report) checkSignature(c *circumstances) {
	if c.options.Secret == "" {
		if len(report.Problems) == 0 {
			report.Verdict = Unchecked
		}
		report.compareClient(c)
		return
	}
	key := canonical.NewSecret(c.options.Secret).SigningKey(c.request.Dialect, c.request.Scope)
	for _, form := range report.Forms {
		sum := key.Sum([]byte(form.StringToSign))
		if c.matches(hex.EncodeToString(sum[:])) {
			report.MatchedForm = form.Name
			if len(report.Problems) == 0 {
				report.Verdict = Match
			}
			report.compareClient(c)
			return
		}
	}
	found, tried := search(c, c.options.Secret)
	report.Tried = tried
	if found != nil {
		report.Changes = found.changes
		report.Difference = found.difference(c)
	}
	report.compareClient(c)
	if len(report.Problems) == 0 {
		report.Verdict = Mismatch
	}
	report.breaks(canonical.SignatureMismatch, "the signature was not made over this request with this secret")
}
