package vaultcreds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"unicode"

	"github.com/hashicorp/vault/api"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// boundTransport bounds the length of answers.
type boundTransport struct{ base http.RoundTripper }

func (b boundTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	answer, err := b.base.RoundTrip(req)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer)
	}
	return answer, err
}

// CloseIdleConnections closes those of the transport beneath.
func (b boundTransport) CloseIdleConnections() {
	if base, ok := b.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// answer is what a KV v2 engine says of a version.
type answer struct {
	Errors *[]string `json:"errors"`
	Data   *struct {
		Data     map[string]any `json:"data"`
		Metadata metadata       `json:"metadata"`
	} `json:"data"`
}

type metadata struct {
	Version   int    `json:"version"`
	Created   string `json:"created_time"`
	Deleted   string `json:"deletion_time"`
	Destroyed bool   `json:"destroyed"`
}

var errNotKV = errors.New("the answer is not that of a KV engine, version 2: look at the address and the mount")

// decode reads an answer, of which err is what the client says. It returns errDeleted only for what
// an engine says of a path that it does not know, or of a deleted version: a proxy's "not found", or
// that of a Vault without this mount, is no reason to stop signing.
func decode(response *api.Response, err error) (*answer, error) {
	var refused *api.ResponseError
	missing := errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound
	if err != nil && !missing {
		return nil, err
	}
	var a answer
	// What decoding fails on is not told: an error of its could quote a secret.
	if parse := json.NewDecoder(response.Body).Decode(&a); parse != nil {
		var network net.Error
		if errors.As(parse, new(*http.MaxBytesError)) || errors.As(parse, &network) || errors.Is(parse, context.Canceled) {
			return nil, parse
		}
		return nil, errNotKV
	}
	switch {
	case missing && a.Data == nil && a.Errors != nil && len(*a.Errors) == 0:
		return nil, errDeleted
	case missing && a.Data == nil:
		return nil, err
	case a.Data == nil || a.Data.Metadata.Version < 1:
		return nil, errNotKV
	case a.Data.Data == nil && (a.Data.Metadata.Deleted != "" || a.Data.Metadata.Destroyed):
		return nil, errDeleted
	case missing || a.Data.Data == nil || response.StatusCode != http.StatusOK:
		return nil, errNotKV
	}
	return &a, nil
}

// plainError is an error of Vault's client in one line.
type plainError struct {
	text  string
	cause error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.cause }

// plain makes one line of an error of Vault's client, which writes several, and leaves out the text
// of an answer that is not Vault's.
func plain(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	var refused *api.ResponseError
	switch {
	case errors.As(err, &refused) && refused.RawError:
		text = fmt.Sprintf("%d %s: the answer is not Vault's", refused.StatusCode, http.StatusText(refused.StatusCode))
	case refused != nil:
		text = fmt.Sprintf("%d %s: %s", refused.StatusCode, http.StatusText(refused.StatusCode), strings.Join(refused.Errors, "; "))
	case errors.As(err, new(*http.MaxBytesError)):
		text = fmt.Sprintf("the answer is longer than %d bytes: is this a Vault?", maxAnswer)
	}
	text = strings.ToValidUTF8(text[:min(len(text), 500)], "")
	text = strings.Join(strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) || c == ' ' }), " ")
	return &plainError{text: text, cause: err}
}
