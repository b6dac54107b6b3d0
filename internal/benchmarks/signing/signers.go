package signing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	minio "github.com/minio/minio-go/v7/pkg/signer"

	"github.com/countersign-dev/countersign/client"
)

const (
	keyID   = "ck_live_benchmarks000000"
	secret  = "a-secret-of-the-benchmarks-of-more-than-32-bytes"
	region  = "live"
	service = "orders"
	// emptyHash is the SHA-256 of an empty body, which no signer computes.
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// signer signs a request as an application does that has its body at hand: the hash of the body is
// part of it, and so is reading the clock.
type signer func(req *http.Request, body []byte) error

// countersign makes a nonce for every request, which the others do not.
func countersign() signer {
	s := client.NewSigner(client.Static(keyID, secret), client.Target{Region: region, Service: service})
	return func(req *http.Request, _ []byte) error { return s.Sign(req) }
}

// awsSDK is aws-sdk-go-v2's signer, kept from request to request, with its cache of derived keys.
func awsSDK() signer {
	s := v4.NewSigner()
	credentials := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	return func(req *http.Request, body []byte) error {
		return s.SignHTTP(context.Background(), credentials, req, hashOf(body), service, region, time.Now())
	}
}

// minioGo is minio-go's signer for S3.
func minioGo() signer {
	return func(req *http.Request, body []byte) error {
		req.Header.Set("X-Amz-Content-Sha256", hashOf(body))
		minio.SignV4(*req, keyID, secret, "", region)
		return nil
	}
}

func hashOf(body []byte) string {
	if len(body) == 0 {
		return emptyHash
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// strip takes away what signing has added, so that the next signature is made of the same request.
func strip(header http.Header) {
	for _, name := range [...]string{
		"Authorization", "X-Amz-Date", "X-Amz-Content-Sha256",
		"X-Countersign-Date", "X-Countersign-Nonce", "X-Countersign-Content-Sha256",
	} {
		delete(header, name)
	}
}
