package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// Policy is what a verifier is told. Region and Service are required; every other field has a
// useful zero value.
type Policy struct {
	// Region is the deployment environment that signatures and keys must name: live, test, eu-1.
	Region string
	// Service is the API that signatures must name: orders.
	Service string

	// MaxBody is the largest body in bytes; default 1 MiB.
	MaxBody int64
	// MaxUnhashedBody is the largest body in bytes of a request without a content hash header,
	// which has to be read before its signature can be checked; default 1 MiB, never more than
	// MaxBody.
	MaxUnhashedBody int64
	// MaxBuffered bounds the bytes of all bodies that are being read for verification at one time;
	// beyond it requests are refused as overloaded. Half of it is kept for requests whose signature
	// has been verified. Default 256 MiB, or more if the limits of one body ask for it.
	MaxBuffered int64
	// MaxPresignExpires caps the life of presigned URLs; default 900 s, at most 604800 s.
	MaxPresignExpires time.Duration
	// RequireSigned names headers that must be signed when a request carries them.
	RequireSigned []string
	// AddedOnTheWay names headers with a dialect's prefix that a hop before the verifier adds, and
	// that therefore need no signature. Nil means X-Amz-Cf-Id.
	AddedOnTheWay []string
	// Routes says what each path needs. Where there are any, a request that matches none is refused
	// (no_route); none at all means that every path is admitted, each presigned URL once.
	Routes []Route
	// EncodedSlash admits %2F and %5C in paths.
	EncodedSlash bool
	// Limits bound what is parsed.
	Limits canonical.Limits

	// Observe, if set, is told every decision before the request goes on or is answered. It is
	// called on the request's goroutine, from many at a time, and must return quickly.
	Observe func(ctx context.Context, decision Decision)
	// Record fills in the Record of decisions that refuse. Off by default: a [Record] holds query
	// values, nonces and signed headers, and belongs into a log that few can read, for as long as a
	// fault is looked for.
	Record bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Check returns what is wrong with the policy, as NewVerifier would.
func (p Policy) Check() error {
	_, err := p.prepare()
	return err
}

// prepare checks a policy and fills in the defaults.
func (p Policy) prepare() (Policy, error) {
	switch {
	case p.Region == "":
		return p, errors.New("policy: Region is empty: name the deployment environment, such as live")
	case !canonical.ValidRegion(p.Region):
		return p, fmt.Errorf("policy: Region %q must be 1 to 64 of a-z 0-9 -", p.Region)
	case p.Service == "":
		return p, errors.New("policy: Service is empty: name the API, such as orders")
	case !canonical.ValidService(p.Service):
		return p, fmt.Errorf("policy: Service %q must be 1 to 64 of a-z 0-9 - and not begin with s3", p.Service)
	case p.MaxBody < 0 || p.MaxUnhashedBody < 0 || p.MaxBuffered < 0:
		return p, errors.New("policy: MaxBody, MaxUnhashedBody and MaxBuffered are bytes and must not be negative")
	case p.MaxPresignExpires < 0 || p.MaxPresignExpires > 604800*time.Second || p.MaxPresignExpires%time.Second != 0:
		return p, errors.New("policy: MaxPresignExpires must be whole seconds, at most 604800 s")
	case p.Limits.Target < 0 || p.Limits.Headers < 0 || p.Limits.HeaderBytes < 0 || p.Limits.Parameters < 0:
		return p, errors.New("policy: Limits must not be negative; 0 means the default")
	}
	if err := p.prepareBodyLimits(); err != nil {
		return p, err
	}
	if err := p.prepareNames(); err != nil {
		return p, err
	}
	if err := CheckRoutes(p.Routes); err != nil {
		return p, fmt.Errorf("policy: Routes: %w", err)
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	return p, nil
}

// maxBodyLimit is beyond what fits into memory, and far from where sums overflow.
const maxBodyLimit = 1 << 40

// prepareBodyLimits sees to it that one body at its limit always fits into the budget.
func (p *Policy) prepareBodyLimits() error {
	p.MaxBody = cmp.Or(p.MaxBody, 1<<20)
	p.MaxUnhashedBody = min(cmp.Or(p.MaxUnhashedBody, 1<<20), p.MaxBody)
	if p.MaxBody > maxBodyLimit {
		return fmt.Errorf("policy: MaxBody is %d bytes: bodies are held in memory, so set at most %d", p.MaxBody, int64(maxBodyLimit))
	}
	// A body is read with room for one byte more than its limit.
	least := max(p.MaxBody+1, 2*(p.MaxUnhashedBody+1))
	if p.MaxBuffered == 0 {
		p.MaxBuffered = max(256<<20, least)
	}
	if p.MaxBuffered < least {
		return fmt.Errorf("policy: MaxBuffered is %d bytes: set at least %d, which is more than MaxBody and than twice MaxUnhashedBody", p.MaxBuffered, least)
	}
	return nil
}

// prepareNames brings header names into canonical form, and refuses those that could not be signed:
// a rule for them would protect nothing.
func (p *Policy) prepareNames() error {
	var err error
	if p.RequireSigned, err = canonicalNames("RequireSigned", p.RequireSigned); err != nil {
		return err
	}
	if p.AddedOnTheWay, err = canonicalNames("AddedOnTheWay", p.AddedOnTheWay); err != nil {
		return err
	}
	for _, name := range p.AddedOnTheWay {
		for _, d := range canonical.Dialects() {
			if names := d.Names(); name == names.Date || name == names.Nonce || name == names.ContentSHA256 {
				return fmt.Errorf("policy: AddedOnTheWay must not name %s: it is the signer's", name)
			}
		}
	}
	return nil
}

func canonicalNames(field string, names []string) ([]string, error) {
	if names == nil {
		return nil, nil
	}
	prepared := make([]string, len(names))
	for i, name := range names {
		if !canonical.Signable(name) {
			return nil, fmt.Errorf("policy: %s names %q, which is no header that can be signed: correct or remove it", field, name)
		}
		prepared[i] = textproto.CanonicalMIMEHeaderKey(name)
	}
	return prepared, nil
}

// rules are the part of a policy that parsing needs.
func (p *Policy) rules() canonical.Rules {
	return canonical.Rules{
		Limits: p.Limits, EncodedSlash: p.EncodedSlash, AddedOnTheWay: p.AddedOnTheWay,
		RequireSigned: p.RequireSigned, SignatureNonce: true, MaxExpires: int(p.MaxPresignExpires / time.Second),
	}
}
