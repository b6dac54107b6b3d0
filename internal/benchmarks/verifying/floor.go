package verifying

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
)

// stringToSign is how long one is, in bytes, about.
const stringToSign = 140

// floor hashes what any verifier of the protocol has to hash: the body, a canonical request of that
// many bytes, and a string to sign, with an HMAC whose key has been prepared.
func floor(body []byte, canonicalRequest int) contest.Operation {
	return func() (func() error, error) {
		text := make([]byte, canonicalRequest)
		mac := hmac.New(sha256.New, make([]byte, sha256.Size))
		mac.Reset() // which keeps the state that the key leads to
		sum := make([]byte, 0, sha256.Size)
		return func() error {
			if body != nil {
				sha256.Sum256(body)
			}
			sha256.Sum256(text)
			mac.Reset()
			mac.Write(text[:stringToSign])
			sum = mac.Sum(sum[:0])
			return nil
		}, nil
	}
}
