package main

import (
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/aws/smithy-go/aws-http-auth/credentials"
	"github.com/aws/smithy-go/aws-http-auth/sigv4"
	v4 "github.com/aws/smithy-go/aws-http-auth/v4"
)

// signHTTPAuth signs with Smithy's signer for Go, which by its default signs the host and X-Amz-…
// alone.
func signHTTPAuth(c *config, r *request, req *http.Request) error {
	input := &sigv4.SignRequestInput{
		Request: req, Service: c.Service, Region: c.Region,
		Credentials: credentials.Credentials{AccessKeyID: c.KeyID, SecretAccessKey: c.Secret},
	}
	var err error
	switch hash := r.payloadHash(req); hash {
	case "UNSIGNED-PAYLOAD":
		input.PayloadHash = v4.UnsignedPayload()
	default:
		if input.PayloadHash, err = hex.DecodeString(hash); err != nil {
			return errors.New("the signer takes the bytes of a hash")
		}
	}
	if r.Presign {
		input.SignatureType = v4.SignatureTypeQueryString
	}
	return sigv4.New().SignRequest(input)
}
