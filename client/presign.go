package client

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// Presign returns req's URL with a signature in its query, good for expires from now: whole seconds,
// 1 s to 7 days, and no more than the verifier's cap (900 s by default; see [WithRules]). It is
// accepted once, unless the verifier's route says otherwise. SPEC §5.2.
//
// Whoever uses the URL must send req's method, exactly the headers that are set on req (but those
// that hops rewrite), and req's body, which for no body is an empty one. req does not change, but
// for its body, as with [Signer.Sign].
func (s *Signer) Presign(req *http.Request, expires time.Duration) (*url.URL, error) {
	credentials, err := s.credentials(req.Context())
	if err != nil {
		return nil, err
	}
	if err := checkPresignable(req, expires); err != nil {
		return nil, fmt.Errorf("countersign: %w", err)
	}
	hash, err := s.hashBody(req)
	if err != nil {
		return nil, err
	}
	w := scratches.Get().(*scratch)
	defer w.release()
	presigned, err := s.presign(w, req, credentials, hash, expires)
	if err != nil {
		return nil, fmt.Errorf("countersign: %w", err)
	}
	return presigned, nil
}

func checkPresignable(req *http.Request, expires time.Duration) error {
	if err := checkSendable(req); err != nil {
		return err
	}
	if req.URL.User != nil {
		return refuse(canonical.MixedModes, "the URL holds a user and password, which would be sent as an Authorization header")
	}
	if expires < time.Second || expires%time.Second != 0 {
		return refuse(canonical.BadExpires, "Expires must be a whole number of seconds, 1 to 604800")
	}
	return nil
}

func (s *Signer) presign(w *scratch, req *http.Request, credentials Credentials, hash string, expires time.Duration) (*url.URL, error) {
	host, err := wireHost(req)
	if err != nil {
		return nil, err
	}
	if w.names, err = s.appendNames(w.names[:0], req.Header, s.dialect.Names()); err != nil {
		return nil, err
	}
	w.names = append(w.names, "Host")

	presigned := *req.URL
	presigned.Fragment, presigned.RawFragment, presigned.ForceQuery = "", "", false
	presigned.RawQuery = s.presignedQuery(w, req.URL.RawQuery, credentials.KeyID, hash, expires)
	w.message = canonical.Message{Method: wireMethod(req), Target: presigned.RequestURI(), Host: host, Header: req.Header}
	if err := w.request.Parse(&w.message, &s.rules); err != nil {
		return nil, err
	}
	signature := w.sign(credentials.Secret.SigningKey(s.dialect, w.request.Scope), hash)
	presigned.RawQuery = presigned.RawQuery[:len(presigned.RawQuery)-signatureLength] + string(signature[:])
	return &presigned, nil
}

// presignedQuery returns the query with the parameters of a presigned request behind it, the
// signature, still a placeholder, last.
func (s *Signer) presignedQuery(w *scratch, query, keyID, hash string, expires time.Duration) string {
	names := s.dialect.Names()
	parameter := func(separator, name string) {
		w.text = append(w.text, separator...)
		w.text = append(w.text, names.HeaderPrefix...)
		w.text = append(w.text, name...)
		w.text = append(w.text, '=')
	}
	date := canonical.FormatDate(s.now())
	w.text = append(w.text[:0], query...)
	separator := ""
	if query != "" {
		separator = "&"
	}
	parameter(separator, "Algorithm")
	w.text = append(w.text, names.Algorithm...)
	parameter("&", "Credential")
	credential := string(s.appendScope([]byte(keyID+"/"), []byte(date[:len("20060102")])))
	w.text = append(w.text, url.QueryEscape(credential)...)
	parameter("&", "Date")
	w.text = append(w.text, date...)
	parameter("&", "Nonce")
	w.text = appendNonce(w.text, &w.id)
	parameter("&", "Expires")
	w.text = strconv.AppendInt(w.text, int64(expires/time.Second), 10)
	parameter("&", "SignedHeaders")
	w.text = append(w.text, url.QueryEscape(string(appendSignedHeaders(nil, w.names)))...)
	if hash != canonical.HashEmptyPayload {
		// With it the verifier can check the signature before it reads the body.
		parameter("&", "Content-Sha256")
		w.text = append(w.text, hash...)
	}
	parameter("&", "Signature")
	return string(append(w.text, unsigned...))
}
