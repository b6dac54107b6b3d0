package vaultkeys

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"unicode"

	"github.com/hashicorp/vault/api"
)

// answerError is an answer of Vault's that is none to the question.
type answerError struct {
	what   string // "listing secret/metadata/…"
	status int    // 0 for an answer that is no Vault's
	text   string
}

func (e *answerError) Error() string {
	if e.status == 0 {
		return e.what + ": " + e.text
	}
	return fmt.Sprintf("%s: %d %s: %s", e.what, e.status, http.StatusText(e.status), e.text)
}

// explain makes one line of an error of Vault's client, which writes several, and leaves out the
// text of an answer that is not Vault's.
func explain(what string, err error) error {
	var refused *api.ResponseError
	if !errors.As(err, &refused) {
		return fmt.Errorf("%s: %w", what, err)
	}
	e := &answerError{what: what, status: refused.StatusCode, text: strings.Join(refused.Errors, "; ")}
	if refused.RawError {
		e.text = "the answer is not Vault's"
	}
	e.text = strings.ToValidUTF8(e.text[:min(len(e.text), 300)], "")
	e.text = strings.Join(strings.FieldsFunc(e.text, func(c rune) bool { return !unicode.IsPrint(c) || c == ' ' }), " ")
	if e.status == http.StatusForbidden {
		e.text += ": the token has ended, or its policy does not allow this: see policy.hcl"
	}
	return e
}

// denied reports whether Vault refused for lack of permission.
func denied(err error) bool {
	var answer *answerError
	return errors.As(err, &answer) && answer.status == http.StatusForbidden
}

// permanent reports whether trying again will hardly help: Vault refused, its certificate cannot be
// verified, or a file is missing.
func permanent(err error) bool {
	var answer *answerError
	if errors.As(err, &answer) {
		switch answer.status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			return true
		}
		return false
	}
	var untrusted *tls.CertificateVerificationError
	var file *fs.PathError
	return errors.As(err, &untrusted) || errors.As(err, &file)
}

// ended reports whether an error says no more than that the source was closed.
func ended(ctx context.Context, err error) bool { return err != nil && ctx.Err() != nil }
