package explain

import (
	"slices"

	"github.com/countersign-dev/countersign/canonical"
)

// circumstances are what a change may look at besides the signed pieces.
type circumstances struct {
	in      *Input
	request *canonical.Request
	options Options
}

// change is one thing that may have been other when the request was signed. apply makes it so in
// pieces that are its own to change, and returns a sentence that says what the signer did and how
// to put it right, or "" where the change does not apply.
type change struct {
	name  string
	apply func(s *signed, c *circumstances) (says string)
}

// changes are tried one at a time, in this order; a signature over two of them together is not
// found. Each costs a hash of the canonical request and five MACs for each admitted form.
var changes = slices.Concat(bodyChanges, pathChanges, queryChanges, headerChanges, keyChanges)

// search returns the changes after which the signature matches.
func search(in *Input, r *canonical.Request, payloadHash string, options Options) []Change {
	c := &circumstances{in: in, request: r, options: options}
	var found []Change
	for _, change := range changes {
		for _, form := range r.Forms() {
			s := signedPieces(r, form, options.Secret, payloadHash).clone()
			says := change.apply(s, c)
			if says == "" || s.signature() != r.Signature {
				continue
			}
			found = append(found, Change{Name: change.name, Says: says})
			break
		}
	}
	return found
}
