package explain

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// Verdict is what became of the signature.
type Verdict string

const (
	// Refused: a rule is broken, whatever the signature.
	Refused Verdict = "refused"
	// Mismatch: the signature was not made with the secret over this request.
	Mismatch Verdict = "mismatch"
	// Match: the signature covers this request.
	Match Verdict = "match"
	// Unchecked: there was no secret, or the body is missing and its hash is not in the header.
	Unchecked Verdict = "unchecked"
)

// Options are what the verifier knows besides the request.
type Options struct {
	// Now is the instant that the request's date is compared with.
	Now time.Time
	// Secret is the text to check the signature with; "" means that none is known. OldSecrets are
	// those of the same key that came before it.
	Secret     string
	OldSecrets []string
	// KeyID is the key that Secret belongs to, Region and Service what the verifier pins; each may
	// be "", unknown. For a record Region and Service are what the client is told: the record says
	// what the verifier pins.
	KeyID, Region, Service string
	// URL is where the client believes the API to be, Hosts are more names that it may go by; for
	// the search.
	URL   string
	Hosts []string
	// Client is the canonical request that the client printed, or "".
	Client string
	// Rules are the verifier's; the zero value is its default. SignatureNonce is the permission of
	// the request's key. A record was made by the verifier's own rules, and needs none.
	Rules canonical.Rules
}

// Report is what a verifier sees in a request.
type Report struct {
	Verdict Verdict `json:"verdict"`
	// Record tells of the refusal, where the input is a verifier's record.
	Record *Refusal `json:"record,omitempty"`
	// MatchedForm is the canonical form that the signature covers, with verdict match.
	MatchedForm string `json:"matched_form,omitempty"`
	Method      string `json:"method"`
	Target      string `json:"target"`
	Host        string `json:"host"`
	// Signature is nil where the request could not be parsed.
	Signature *Signature `json:"signature,omitempty"`
	Payload   *Payload   `json:"payload,omitempty"`
	// Forms are those that a verifier admits, the rule's first.
	Forms    []Form    `json:"forms,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
	// Changes are what makes the signature match: one change to what was signed, or two together.
	Changes []Change `json:"changes,omitempty"`
	// Tried is how many changes, and pairs of them, were looked at.
	Tried int `json:"tried,omitempty"`
	// Difference is between what the client signed, as far as that is known, and what the verifier
	// sees; nil where neither Options.Client nor a change tells.
	Difference *Difference `json:"difference,omitempty"`
	Notes      []string    `json:"notes,omitempty"`
}

// Refusal is what a record tells of the verifier that wrote it.
type Refusal struct {
	Time      time.Time        `json:"time"`
	RequestID string           `json:"request_id"`
	Reason    canonical.Reason `json:"reason"`
}

// Signature is the pieces of the request's signature.
type Signature struct {
	Mode          string    `json:"mode"`
	Dialect       string    `json:"dialect"`
	Algorithm     string    `json:"algorithm"`
	KeyID         string    `json:"key_id"`
	Scope         string    `json:"scope"`
	Date          time.Time `json:"date"`
	AgeSeconds    int64     `json:"age_seconds"` // now less the date
	InTime        bool      `json:"in_time"`     // whether a verifier would accept the date now
	InTimeUntil   time.Time `json:"in_time_until"`
	Nonce         bool      `json:"nonce"`
	NonceLength   int       `json:"nonce_length"`
	SignedHeaders string    `json:"signed_headers"`
}

// Payload is what is known of the body and its hash.
type Payload struct {
	Declared string `json:"declared,omitempty"` // by the request, or ""
	Computed string `json:"computed,omitempty"` // of the body, or "" where it is missing
	Bytes    int    `json:"bytes"`
	Missing  bool   `json:"missing,omitempty"`
}

// used returns the hash that the canonical request ends in.
func (p *Payload) used() string {
	if p.Declared != "" {
		return p.Declared
	}
	return p.Computed
}

// Form is one admitted canonical form.
type Form struct {
	Name                   string `json:"name"`
	CanonicalRequest       string `json:"canonical_request"`
	CanonicalRequestSHA256 string `json:"canonical_request_sha256"`
	StringToSign           string `json:"string_to_sign"`
}

// Change is one thing that was other when the request was signed.
type Change struct {
	Name  string `json:"name"`
	Cause string `json:"cause"`
	At    string `json:"at"`  // where to put it right
	Fix   string `json:"fix"` // in the imperative
}

func hexHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// formOf writes a request in one form.
func formOf(request *canonical.Request, form canonical.Form, payloadHash string) Form {
	text := request.AppendCanonical(nil, form, payloadHash)
	return Form{
		Name: form.String(), CanonicalRequest: string(text), CanonicalRequestSHA256: hexHash(text),
		StringToSign: string(request.AppendStringToSign(nil, text)),
	}
}
