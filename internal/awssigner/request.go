package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
)

// request is what to sign.
type request struct {
	Method  string      `json:"method"`
	Target  string      `json:"target"`
	Header  [][2]string `json:"header"`
	Body    []byte      `json:"body"`
	Presign bool        `json:"presign"`
	Expires int64       `json:"expires"` // of a presigned URL, in seconds; also in the target
}

// message is what was signed, as it will be sent.
type message struct {
	Method string      `json:"method"`
	Target string      `json:"target"`
	Header [][2]string `json:"header"`
}

// answer is what came back.
type answer struct {
	Status    int    `json:"status"`
	RequestID string `json:"request_id"`
	Body      string `json:"body"`
}

// sign makes a signed request that can be sent more than once, or nil and an error.
func (r *request) sign(c *config) (*http.Request, error) {
	req, err := http.NewRequest(r.Method, c.URL+r.Target, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for _, line := range r.Header {
		req.Header.Add(line[0], line[1])
	}
	if err := signers[c.Signer](c, r, req); err != nil {
		return nil, err
	}
	return req, nil
}

// payloadHash returns the hash that the request announces, or else that of its body.
func (r *request) payloadHash(req *http.Request) string {
	if announced := req.Header.Get("X-Amz-Content-Sha256"); announced != "" {
		return announced
	}
	sum := sha256.Sum256(r.Body)
	return hex.EncodeToString(sum[:])
}

// replaceURL puts a presigned URL in the place of the request's.
func replaceURL(req *http.Request, presigned string) error {
	parsed, err := url.Parse(presigned)
	if err == nil {
		req.URL = parsed
	}
	return err
}

func describe(req *http.Request) *message {
	m := &message{Method: req.Method, Target: req.URL.RequestURI()}
	for name, values := range req.Header {
		for _, value := range values {
			m.Header = append(m.Header, [2]string{name, value})
		}
	}
	return m
}

func send(req *http.Request) (*answer, error) {
	again := req.Clone(req.Context())
	var err error
	if again.Body, err = req.GetBody(); err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(again)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &answer{Status: resp.StatusCode, RequestID: resp.Header.Get("X-Request-Id"), Body: string(body)}, err
}
