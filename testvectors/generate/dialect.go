package main

// A dialect is the names that a signature is made under; the algorithm is the same.
type dialect struct {
	token        string // the algorithm, first in Authorization and in the string to sign
	keyPrefix    string // stands before the secret when the signing key is derived
	terminator   string // last part of the credential scope
	headerPrefix string
}

var (
	cs4 = dialect{
		token:        "CS4-HMAC-SHA256",
		keyPrefix:    "CS4",
		terminator:   "cs4_request",
		headerPrefix: "X-Countersign-",
	}
	aws4 = dialect{
		token:        "AWS4-HMAC-SHA256",
		keyPrefix:    "AWS4",
		terminator:   "aws4_request",
		headerPrefix: "X-Amz-",
	}
)
