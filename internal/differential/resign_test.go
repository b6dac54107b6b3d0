package differential

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/logging"

	"github.com/countersign-dev/countersign/canonical"
)

// resigned is what the SDK makes of a request.
type resigned struct {
	signature        string // 64 hex digits
	canonicalRequest string
}

// resign lets the SDK sign a request once more. It is given the request as received, with nothing taken
// away but what the first signature does not cover, and the signature itself.
func (r *received) resign(header http.Header, workarounds workarounds) (resigned, error) {
	names := r.parsed.Dialect.Names()
	req := &http.Request{Method: r.Method, Host: r.Host, Header: http.Header{}}
	target := *r.URL
	req.URL = &target
	if workarounds.opaquePath {
		req.URL.Opaque = "//" + "host" + r.parsed.Path()
	}
	for _, name := range strings.Split(r.parsed.SignedHeaders, ";") {
		if values, found := header[http.CanonicalHeaderKey(name)]; found && name != "host" {
			req.Header[http.CanonicalHeaderKey(name)] = append([]string(nil), values...)
		}
	}
	if length := header.Get("Content-Length"); r.parsed.Signs("Content-Length") {
		req.ContentLength, _ = strconv.ParseInt(length, 10, 64)
	}
	var made resigned
	signer := v4.NewSigner(func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = workarounds.pathAsSent
		o.DisableHeaderHoisting = workarounds.noHoisting
		o.LogSigning = true
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, _ string, v ...any) { made.canonicalRequest = fmt.Sprint(v[0]) })
	})
	credentials := aws.Credentials{AccessKeyID: r.parsed.KeyID, SecretAccessKey: secret}
	scope := r.parsed.Scope
	if r.parsed.Mode == canonical.HeaderMode {
		err := signer.SignHTTP(context.Background(), credentials, req, r.payloadHash, scope.Service, scope.Region, r.parsed.Timestamp)
		_, made.signature, _ = strings.Cut(req.Header.Get("Authorization"), "Signature=")
		return made, err
	}
	var pairs []string
	for _, pair := range strings.Split(req.URL.RawQuery, "&") {
		if !strings.HasPrefix(pair, names.HeaderPrefix+"Signature=") {
			pairs = append(pairs, pair)
		}
	}
	req.URL.RawQuery = strings.Join(pairs, "&")
	signed, _, err := signer.PresignHTTP(context.Background(), credentials, req, r.payloadHash, scope.Service, scope.Region, r.parsed.Timestamp)
	if err != nil {
		return made, err
	}
	_, query, _ := strings.Cut(signed, "?")
	values, err := url.ParseQuery(query)
	made.signature = values.Get("X-Amz-Signature")
	return made, err
}
