package canonical

import "strings"

// HashUnsignedPayload stands for the payload hash of a request whose body is not signed. SPEC §3.7.
const HashUnsignedPayload = "UNSIGNED-PAYLOAD"

// HashEmptyPayload is the payload hash of a request without a body. SPEC §3.7.
const HashEmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// useSignatureNonce reports whether the signature may stand for the nonce that a request lacks, and
// notes that it does. SPEC §3.2.
func (r *Request) useSignatureNonce(rules *Rules) bool {
	r.SignatureNonce = rules.SignatureNonce && r.Dialect == AWS4
	return r.SignatureNonce
}

// setPieces checks and keeps what both modes carry.
func (r *Request) setPieces(date, nonce, hash string) (err error) {
	if r.Timestamp, err = ParseDate(date); err != nil {
		return err
	}
	if !ValidNonce(nonce) {
		return refuse(BadNonce, "a nonce must be 16 to 128 of A-Z a-z 0-9 . _ ~ -")
	}
	if hash != "" && hash != HashUnsignedPayload && !validHash(hash) {
		if strings.HasPrefix(hash, "STREAMING-") {
			return refuse(BadPayloadHash, "streaming payload signatures are not supported: send the SHA-256 of the whole body")
		}
		return refuse(BadPayloadHash, "the content hash must be 64 lower-case hex digits or "+HashUnsignedPayload)
	}
	r.Date, r.Nonce, r.PayloadHash = date, nonce, hash
	return nil
}
