package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signSDK signs with the AWS SDK for Go's signer.
func signSDK(c *config, r *request, req *http.Request) error {
	signer, credentials := v4.NewSigner(), aws.Credentials{AccessKeyID: c.KeyID, SecretAccessKey: c.Secret}
	ctx, hash := context.Background(), r.payloadHash(req)
	if !r.Presign {
		return signer.SignHTTP(ctx, credentials, req, hash, c.Service, c.Region, time.Now())
	}
	presigned, header, err := signer.PresignHTTP(ctx, credentials, req, hash, c.Service, c.Region, time.Now())
	if err != nil {
		return err
	}
	header.Del("Host")
	header.Del("Content-Length") // net/http writes both
	req.Header = header
	return replaceURL(req, presigned)
}
