package main

import (
	"net/http"

	"github.com/minio/minio-go/v7/pkg/signer"
)

// signMinIO signs with MinIO's signer, which knows one service, s3.
func signMinIO(c *config, r *request, req *http.Request) error {
	var signed *http.Request
	if r.Presign {
		signed = signer.PreSignV4(*req, c.KeyID, c.Secret, "", c.Region, r.Expires)
	} else {
		req.Header.Set("X-Amz-Content-Sha256", r.payloadHash(req))
		signed = signer.SignV4(*req, c.KeyID, c.Secret, "", c.Region)
	}
	req.URL, req.Header = signed.URL, signed.Header
	return nil
}
