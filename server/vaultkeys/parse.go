package vaultkeys

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// ParseFields reads the data of a version of the key id, as Vault's API gives it. Its error is a
// *FieldError.
//
// The vault command writes every value as text: true and false, and lists with commas between, are
// therefore read from text too.
func ParseFields(id string, data map[string]any) (Fields, error) {
	var f Fields
	if err := keyrules.CheckID(id); err != nil {
		return Fields{}, &FieldError{Problem: err.Error()}
	}
	p := parser{data: data, known: make(map[string]bool)}
	f.Environment = p.text("environment", true, keyrules.CheckEnvironment)
	f.Scopes = list(&p, "scopes", func(s string) (string, error) { return s, keyrules.CheckScope(s) })
	f.Dialects = list(&p, "dialects", keyrules.ParseDialect)
	f.Sources = list(&p, "sources", keyrules.ParseSource)
	f.RateTier = p.text("rate_tier", false, keyrules.CheckTier)
	p.text("expires_at", false, func(text string) (err error) {
		f.ExpiresAt, err = keyrules.ParseInstant(text)
		return err
	})
	f.Disabled = p.boolean("disabled")
	f.UnsignedPayload = p.boolean("unsigned_payload")
	f.SignContent = p.boolean("sign_content")
	f.SignatureNonce = p.boolean("signature_nonce")
	f.RevokePrevious = p.boolean("revoke_previous")
	p.text("secret", true, func(text string) (err error) {
		f.Secret, err = keyrules.ParseSecret(text, f.Environment)
		return err
	})
	p.unknown()
	if p.err == nil {
		if err := keyrules.CheckIDEnvironment(id, f.Environment); err != nil {
			p.fail("environment", err.Error())
		}
		if err := keyrules.CheckSignatureNonce(f.SignatureNonce, f.Dialects); err != nil {
			p.fail("signature_nonce", err.Error())
		}
	}
	if p.err != nil {
		return Fields{}, p.err
	}
	return f, nil
}

// parsePrevious reads what counts of an earlier version: its secret, which must be of the same
// environment, and whether it ended those before it. The rest of it is history.
func parsePrevious(data map[string]any, environment string) (secret canonical.Secret, revokePrevious bool, err error) {
	p := parser{data: data, known: make(map[string]bool)}
	p.text("environment", true, func(text string) error {
		if text != environment {
			return errors.New("it is not that of the current version")
		}
		return nil
	})
	revokePrevious = p.boolean("revoke_previous")
	p.text("secret", true, func(text string) (err error) {
		secret, err = keyrules.ParseSecret(text, environment)
		return err
	})
	if p.err != nil {
		return canonical.Secret{}, false, p.err
	}
	return secret, revokePrevious, nil
}

// parser reads fields by name and keeps the first error.
type parser struct {
	data  map[string]any
	known map[string]bool
	err   error
}

func (p *parser) fail(field, problem string) {
	if p.err == nil {
		p.err = &FieldError{Field: field, Problem: problem}
	}
}

// get returns a field's value, or nil if there is none.
func (p *parser) get(field string) any {
	p.known[field] = true
	value, present := p.data[field]
	if present && value == nil {
		p.fail(field, "it has no value: write one, or remove it")
	}
	return value
}

// text reads one text that check accepts.
func (p *parser) text(field string, required bool, check func(string) error) string {
	value := p.get(field)
	text, is := value.(string)
	switch {
	case value == nil && required:
		p.fail(field, "it is missing: every version must hold it")
	case value == nil:
	case !is:
		p.fail(field, "it must be text")
	case p.err == nil: // what depends on an earlier field is not asked when that one is wrong
		if err := check(text); err != nil {
			p.fail(field, err.Error())
		}
	}
	return text
}

func (p *parser) boolean(field string) bool {
	switch p.get(field) {
	case nil, false, "false":
		return false
	case true, "true":
		return true
	}
	p.fail(field, "it must be true or false")
	return false
}

// list reads a list of different values.
func list[T string | canonical.Dialect | netip.Prefix](p *parser, field string, parse func(string) (T, error)) []T {
	var elements []any
	switch value := p.get(field).(type) {
	case nil:
		return nil
	case []any:
		elements = value
	case string:
		for element := range strings.SplitSeq(value, ",") {
			elements = append(elements, strings.TrimSpace(element))
		}
	default:
		p.fail(field, "it must be a list, or text with commas between")
	}
	if len(elements) > keyrules.MaxListed {
		p.fail(field, fmt.Sprintf("it names more than %d", keyrules.MaxListed))
		return nil
	}
	var values []T
	for _, element := range elements {
		text, is := element.(string)
		if !is {
			p.fail(field, "each element must be text")
			return nil
		}
		value, err := parse(text)
		if err != nil {
			p.fail(field, err.Error())
			return nil
		}
		if slices.Contains(values, value) {
			p.fail(field, "it names one twice: remove one")
			return nil
		}
		values = append(values, value)
	}
	// An empty list of networks would read as "from nowhere", and mean "from anywhere".
	if len(values) == 0 && field != "scopes" {
		p.fail(field, "it is empty: name some, or remove it")
	}
	return values
}

// unknown refuses a field that nobody asked for.
func (p *parser) unknown() {
	names := make([]string, 0, len(p.data))
	for name := range p.data {
		if !p.known[name] {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		known := make([]string, 0, len(p.known))
		for name := range p.known {
			known = append(known, name)
		}
		slices.Sort(known)
		p.fail("", fmt.Sprintf("the field%s is unknown: the fields are %s", keyrules.PrintableField(names[0]), strings.Join(known, ", ")))
	}
}

// earlier returns the earlier of two instants, where the zero time means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
