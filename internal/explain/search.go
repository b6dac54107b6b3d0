package explain

import (
	"crypto/subtle"
	"slices"

	"github.com/countersign-dev/countersign/canonical"
)

// circumstances are what a change may look at besides the signed pieces.
type circumstances struct {
	in      *Input
	request *canonical.Request
	payload *Payload
	options Options

	rewritten map[string]string // hashes of the body as each change leaves it
}

// matches reports whether a signature is the request's, of which a record holds the hash alone.
func (c *circumstances) matches(signature string) bool {
	if c.in.record != nil {
		signature = hexHash([]byte(signature))
	}
	return subtle.ConstantTimeCompare([]byte(signature), []byte(c.request.Signature)) == 1
}

// change is one thing that may have been other when the request was signed. apply makes it so in
// pieces that are its own to change, and says what happened and how to put it right; the zero cause
// means that the change does not apply.
type change struct {
	name  string
	apply func(s *signed, c *circumstances) cause
}

// cause is why a signature does not match.
type cause struct {
	is  string // "the signer …"
	at  string // where to put it right: one of the constants
	fix string // in the imperative
}

// Where a cause is put right.
const (
	atClient = "at the client"
	atProxy  = "at the proxy before the verifier"
	atEither = "at the client, or at the proxy before the verifier"
	atHere   = "in what explain was given"
)

// changesFor are those that are tried one at a time, in this order. Each costs a hash of the canonical
// request and five MACs for each admitted form.
func changesFor(c *circumstances) []change {
	return slices.Concat(hostChanges(c), plainChanges(), headerValueChanges(c), secretChanges(c), scopeChanges(c))
}

// plainChanges are those that do not depend on the request, and of which one may have happened
// besides a changed host.
func plainChanges() []change {
	return slices.Concat(bodyChanges, jsonChanges, pathChanges, prefixChanges, queryChanges, headerChanges, keyChanges, layoutChanges)
}

// What bounds the search: at most three forms, some 20 hosts, 64 signed headers, and this many older
// secrets and hosts that are given.
const (
	maxTried = 7000
	maxOlder = 16
	maxHosts = 8
)

// finding is what makes a signature match.
type finding struct {
	changes []Change
	signed  *signed // as the signer had it
	form    canonical.Form
}

// search returns the first change, or the first two together, after which the signature matches, or
// nil; and how many were tried. Pairs are a change of the host and another one: what stands behind a
// proxy and is wrong in one way more. No other pairs are tried, so that the search stays within
// maxTried signatures, and is mostly below a thousand.
func search(c *circumstances, secret string) (found *finding, tried int) {
	forms := c.request.Forms()
	pieces := make([]signed, len(forms))
	for i, form := range forms {
		pieces[i] = signedPieces(c.request, form, secret, c.payload.used())
	}
	try := func(i int, changes ...change) *finding {
		if tried == maxTried {
			return nil
		}
		s := pieces[i].clone()
		made := make([]Change, len(changes))
		for j, change := range changes {
			why := change.apply(s, c)
			if why == (cause{}) {
				return nil
			}
			made[j] = Change{Name: change.name, Cause: why.is, At: why.at, Fix: why.fix}
		}
		tried++
		if !c.matches(s.signature()) {
			return nil
		}
		return &finding{changes: made, signed: s, form: forms[i]}
	}
	for _, change := range changesFor(c) {
		for i := range pieces {
			if found = try(i, change); found != nil {
				return found, tried
			}
		}
	}
	others := append(plainChanges(), secretChanges(c)...)
	for _, host := range hostChanges(c) {
		for _, other := range others {
			for i := range pieces {
				if found = try(i, host, other); found != nil {
					return found, tried
				}
			}
		}
	}
	return nil, tried
}
