package client

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/google/uuid"
)

// Sign signs req in place: it sets the headers Date, Nonce, Content-Sha256 (with the dialect's
// prefix) and Authorization, and reads the body for its hash, after which req.Body stands at its
// beginning again. A body with GetBody is read through it; of one without, up to [WithBodyLimit] is
// buffered, and req then has GetBody and ContentLength. Nothing else of req changes, and nothing at
// all but the body when Sign returns an error.
//
// What is signed is what net/http will send: the host, the target, and all headers that are set
// but those that hops rewrite (Accept-Encoding, User-Agent, Connection, X-Forwarded-…, Cookie,
// traces and their like). What is changed afterwards breaks the signature.
//
// A signed request is accepted once, within minutes: sign again before sending again. Redirects
// must be followed by signing anew, as [Signer.Transport] does.
//
// A request that the verifier would refuse gives an error that wraps a *[canonical.Error]; so does
// one with an Authorization header of another scheme.
func (s *Signer) Sign(req *http.Request) error {
	credentials, err := s.credentials(req.Context())
	if err != nil {
		return err
	}
	if err := checkSendable(req); err != nil {
		return fmt.Errorf("countersign: %w", err)
	}
	hash, err := s.hashBody(req)
	if err != nil {
		return err
	}
	_, err = s.signHeaders(req, credentials, hash, s.now())
	return err
}

// signature is what a signed request carries, kept to check the verifier's authenticated time.
type signature struct {
	dialect canonical.Dialect
	key     canonical.SigningKey
	text    string // 64 hex digits
}

// scratch is the space that signing works in, reused from request to request.
type scratch struct {
	request canonical.Request
	message canonical.Message
	text    []byte // what becomes strings of the request
	work    []byte // the canonical request, then the string to sign
	names   []string
	id      uuid.UUID
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (w *scratch) release() {
	w.message = canonical.Message{}
	clear(w.names)
	scratches.Put(w)
}

const (
	dateLength      = len("20060102T150405Z")
	nonceLength     = len("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
	signatureLength = 64
	// unsigned stands for the signature while the request is checked.
	unsigned = "0000000000000000000000000000000000000000000000000000000000000000"
)

// signHeaders sets the four headers of a signed request, with a fresh nonce.
func (s *Signer) signHeaders(req *http.Request, credentials Credentials, hash string, at time.Time) (signature, error) {
	host, err := wireHost(req)
	if err != nil {
		return signature{}, fmt.Errorf("countersign: %w", err)
	}
	if req.Header == nil {
		req.Header = make(http.Header, 4)
	}
	earlier, err := takeSignature(req.Header)
	if err != nil {
		return signature{}, fmt.Errorf("countersign: %w", err)
	}
	w := scratches.Get().(*scratch)
	defer w.release()
	done, err := s.writeHeaders(w, req, host, credentials, hash, at)
	if err != nil {
		earlier.restore(req.Header)
		return signature{}, fmt.Errorf("countersign: %w", err)
	}
	return done, nil
}

// writeHeaders is signHeaders behind its preparations. All text of the headers is one string, and
// their values one array: a signature costs few allocations.
func (s *Signer) writeHeaders(w *scratch, req *http.Request, host string, credentials Credentials, hash string, at time.Time) (signature, error) {
	ours := s.dialect.Names()
	var err error
	if w.names, err = s.appendNames(w.names[:0], req.Header, ours); err != nil {
		return signature{}, err
	}
	w.names = append(w.names, "Host", ours.Date, ours.Nonce, ours.ContentSHA256)

	w.text = canonical.AppendDate(w.text[:0], at)
	w.text = appendNonce(w.text, &w.id)
	targetAt := len(w.text)
	w.text = appendWireTarget(w.text, req.URL)
	authorizationAt := len(w.text)
	w.text = s.appendAuthorization(w.text, credentials.KeyID, w.names)
	text := string(w.text)

	values := []string{text[:dateLength], text[dateLength:targetAt], hash, text[authorizationAt:]}
	req.Header[ours.Date] = values[0:1:1]
	req.Header[ours.Nonce] = values[1:2:2]
	req.Header[ours.ContentSHA256] = values[2:3:3]
	req.Header["Authorization"] = values[3:4:4]

	w.message = canonical.Message{Method: wireMethod(req), Target: text[targetAt:authorizationAt], Host: host, Header: req.Header}
	if err := w.request.Parse(&w.message, &s.rules); err != nil {
		return signature{}, err
	}
	key := credentials.Secret.SigningKey(s.dialect, w.request.Scope)
	done := w.sign(key, hash)
	values[3] = string(append(w.text[:len(w.text)-signatureLength], done[:]...)[authorizationAt:])
	return signature{dialect: s.dialect, key: key, text: values[3][len(values[3])-signatureLength:]}, nil
}

// appendAuthorization appends the header's value up to and with a placeholder of the signature;
// the text begins with the date.
func (s *Signer) appendAuthorization(text []byte, keyID string, names []string) []byte {
	ours := s.dialect.Names()
	text = append(text, ours.Algorithm...)
	text = append(text, " Credential="...)
	text = append(text, keyID...)
	text = append(text, '/')
	text = s.appendScope(text, text[:len("20060102")])
	text = append(text, ", SignedHeaders="...)
	text = appendSignedHeaders(text, names)
	text = append(text, ", Signature="...)
	return append(text, unsigned...)
}

// appendScope appends the credential scope. SPEC §3.4.
func (s *Signer) appendScope(text, day []byte) []byte {
	text = append(text, day...)
	text = append(text, '/')
	text = append(text, s.target.Region...)
	text = append(text, '/')
	text = append(text, s.target.Service...)
	text = append(text, '/')
	return append(text, s.dialect.Names().Terminator...)
}

// sign returns the signature of the parsed request in hex.
func (w *scratch) sign(key canonical.SigningKey, hash string) (text [signatureLength]byte) {
	w.work = w.request.AppendCanonical(w.work[:0], canonical.RuleForm, hash)
	end := len(w.work)
	w.work = w.request.AppendStringToSign(w.work, w.work)
	sum := key.Sum(w.work[end:])
	appendHex(text[:0], sum[:])
	return text
}
