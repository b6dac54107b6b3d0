package differential

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

const (
	keyID  = "ck_live_0123456789abcdef"
	secret = "a-secret-of-a-client-that-was-there-before"
	region = "live"
	nonce  = "0b9e2f64-5c1d-4a7e-8f03-6a2d9c4b7e15"

	service = "orders"
)

var now = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// draft is a request that is to be signed, in any of the ways in which a verifier may accept one.
type draft struct {
	method, target, host string
	lines                []string // "Name: value", signed
	body                 string
	dialect              canonical.Dialect
	form                 canonical.Form // header mode: what is signed, if it is one of the request's
	presigned            bool
	chunked              bool
	noNonce              bool   // the signature stands for it
	hash                 string // the content hash: "" for none, "body", or UNSIGNED-PAYLOAD
}

// flagged reads what is no text of a draft from the bits of a number.
func (d draft) flagged(flags uint16) draft {
	d.dialect = canonical.AWS4
	if flags&1 != 0 {
		d.dialect = canonical.CS4
	}
	d.form = canonical.Form((flags >> 1 & 3) % 3)
	d.presigned, d.chunked, d.noNonce = flags>>3&1 != 0, flags>>4&1 != 0, flags>>5&1 != 0
	d.hash = []string{"body", "", "UNSIGNED-PAYLOAD", "body"}[flags>>6&3]
	return d
}

const noSignature = "0000000000000000000000000000000000000000000000000000000000000000"

// raw returns the request on the wire with a signature's place left.
func (d draft) raw() []byte {
	names := d.dialect.Names()
	date, lines, target := now.Format("20060102T150405Z"), slices.Clone(d.lines), d.target
	hash := d.hash
	if hash == "body" {
		hash = sha256Hex(d.body)
	}
	pieces := [][2]string{{"Date", date}}
	if !d.noNonce {
		pieces = append(pieces, [2]string{"Nonce", nonce})
	}
	if hash != "" {
		pieces = append(pieces, [2]string{"Content-Sha256", hash})
	}
	if !d.presigned {
		for _, piece := range pieces {
			lines = append(lines, names.HeaderPrefix+piece[0]+": "+piece[1])
		}
	}
	signed := []string{"host"}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		signed = append(signed, strings.ToLower(name))
	}
	slices.Sort(signed)
	list := strings.Join(slices.Compact(signed), ";")
	credential := strings.Join([]string{keyID, date[:8], region, service, names.Terminator}, "/")
	if d.presigned {
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		pieces = append(pieces, [2]string{"Algorithm", names.Algorithm}, [2]string{"Credential", credential}, [2]string{"Expires", "300"},
			[2]string{"SignedHeaders", strings.NewReplacer(";", "%3B", "%", "%25", "+", "%2B", "#", "%23", "&", "%26").Replace(list)}, [2]string{"Signature", noSignature})
		for _, piece := range pieces {
			target += separator + names.HeaderPrefix + piece[0] + "=" + piece[1]
			separator = "&"
		}
	} else {
		lines = append(lines, "Authorization: "+names.Algorithm+" Credential="+credential+", SignedHeaders="+list+", Signature="+noSignature)
	}
	body := d.body
	switch {
	case d.chunked:
		lines = append(lines, "Transfer-Encoding: chunked")
		if body != "" {
			body = fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
		}
		body += "0\r\n\r\n"
	case body != "" && !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(strings.ToLower(line), "content-length:") }):
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return []byte(d.method + " " + target + " HTTP/1.1\r\nHost: " + d.host + "\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// received is a request as net/http hands it to a verifier, with its signature taken apart.
type received struct {
	*http.Request
	parsed      canonical.Request
	payloadHash string
	form        canonical.Form // that is signed
}

var rules = canonical.Rules{SignatureNonce: true}

func read(raw []byte) (*http.Request, error) {
	return http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
}

// sign puts a signature into the draft. ok is false where net/http or the protocol's rules refuse it,
// whoever signs it.
func (d draft) sign() (raw []byte, r *received, ok bool) {
	raw = d.raw()
	req, err := read(raw)
	if err != nil {
		return nil, nil, false
	}
	r = &received{Request: req}
	body, err := io.ReadAll(req.Body)
	if err != nil || len(req.Trailer) != 0 {
		return nil, nil, false
	}
	message := canonical.Message{Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header}
	if r.parsed.Parse(&message, &rules) != nil {
		return nil, nil, false
	}
	if r.payloadHash = r.parsed.PayloadHash; r.payloadHash == "" {
		r.payloadHash = sha256Hex(string(body))
	}
	if d.hash == "body" && r.payloadHash != sha256Hex(string(body)) {
		return nil, nil, false // a Content-Length that is not the body's
	}
	if slices.Contains(r.parsed.Forms(), d.form) {
		r.form = d.form
	}
	signature := r.signature(r.form)
	return bytes.Replace(raw, []byte(noSignature), []byte(signature), 1), r, true
}

// signature returns the one that Countersign makes in a form.
func (r *received) signature(form canonical.Form) string {
	key := canonical.NewSecret(secret).SigningKey(r.parsed.Dialect, r.parsed.Scope)
	sum := key.Sum(r.parsed.AppendStringToSign(nil, r.parsed.AppendCanonical(nil, form, r.payloadHash)))
	return hex.EncodeToString(sum[:])
}
