package filekeys

import (
	"net/netip"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server/internal/keyrules"
)

// parse reads a key file's text; path is for errors, now decides which secrets count as active.
func parse(path string, data []byte, now time.Time) ([]Record, error) {
	doc, err := parseDocument(path, data)
	if err != nil {
		return nil, err
	}
	if err := doc.version(); err != nil {
		return nil, err
	}
	var records []Record
	err = doc.mapping(doc.root, "a key file", []field{
		{"version", true, func(ast.Node) error { return nil }},
		{"keys", true, func(node ast.Node) error {
			records, err = doc.records(node, now)
			return err
		}},
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// version is looked at before anything else: a file of a later version may hold fields that are
// unknown to this one, and they are not what is wrong.
func (d document) version() error {
	pairs, _ := pairsOf(d.root)
	for _, pair := range pairs {
		if fieldName(pair) != "version" {
			continue
		}
		switch version := digits(pair.Value); version {
		case "1":
			return nil
		case "":
			return d.failAt(pair.Value, "version must be the number 1")
		default:
			return d.failAt(pair.Value, "version %s is unknown, and 1 is the latest that this countersign reads: update it, or convert the file", version)
		}
	}
	return nil
}

func (d document) records(node ast.Node, now time.Time) ([]Record, error) {
	var records []Record
	var owners keyrules.Owners
	lines := make(map[string]int)
	err := d.list(node, "keys (a file without any says keys: [])", func(_ int, node ast.Node) error {
		record, idNode, err := d.record(node, now)
		if err != nil {
			return err
		}
		place := idNode.GetToken()
		if line, twice := lines[record.ID]; twice {
			return d.fail(place, "this id is that of the key in line %d too: give one of them another id, or remove it", line)
		}
		lines[record.ID] = place.Position.Line
		for _, secret := range record.Secrets {
			if other, shared := owners.Add(secret.Secret, record.ID); shared {
				return d.fail(place, "this key has a secret in common with the key in line %d, so that a request of one could be sent again as the other's: "+
					"give it a secret of its own", lines[other])
			}
		}
		records = append(records, record)
		return nil
	})
	return records, err
}

func (d document) record(node ast.Node, now time.Time) (r Record, idNode ast.Node, err error) {
	var secrets ast.Node
	err = d.mapping(node, "a key", []field{
		{"id", true, func(node ast.Node) (err error) {
			idNode = node
			r.ID, err = d.checked(node, "id", keyrules.CheckID)
			return err
		}},
		{"environment", true, func(node ast.Node) (err error) {
			r.Environment, err = d.checked(node, "environment", keyrules.CheckEnvironment)
			return err
		}},
		{"scopes", false, func(node ast.Node) (err error) {
			r.Scopes, err = texts(d, node, "scopes", func(text string) (string, error) { return text, keyrules.CheckScope(text) })
			return err
		}},
		{"dialects", false, func(node ast.Node) (err error) {
			r.Dialects, err = texts(d, node, "dialects", keyrules.ParseDialect)
			if err == nil && len(r.Dialects) == 0 {
				return d.failAt(node, "dialects is empty: name some, or remove it for [cs4]")
			}
			return err
		}},
		{"expires_at", false, func(node ast.Node) error { return d.instant(node, "expires_at", &r.ExpiresAt) }},
		{"secrets", true, func(node ast.Node) error { secrets = node; return nil }},
		{"disabled", false, func(node ast.Node) error { return d.boolean(node, "disabled", &r.Disabled) }},
		{"sources", false, func(node ast.Node) (err error) {
			r.Sources, err = texts(d, node, "sources", keyrules.ParseSource)
			if err == nil && len(r.Sources) == 0 {
				// An empty list would read as "from nowhere", and mean "from anywhere".
				return d.failAt(node, "sources is empty: name networks, or remove it to allow any")
			}
			return err
		}},
		{"rate_tier", false, func(node ast.Node) (err error) {
			r.RateTier, err = d.checked(node, "rate_tier", keyrules.CheckTier)
			return err
		}},
		{"unsigned_payload", false, func(node ast.Node) error { return d.boolean(node, "unsigned_payload", &r.UnsignedPayload) }},
		{"sign_content", false, func(node ast.Node) error { return d.boolean(node, "sign_content", &r.SignContent) }},
		{"signature_nonce", false, func(node ast.Node) error { return d.boolean(node, "signature_nonce", &r.SignatureNonce) }},
	})
	if err != nil {
		return Record{}, nil, err
	}
	if err := keyrules.CheckSignatureNonce(r.SignatureNonce, r.Dialects); err != nil {
		return Record{}, nil, d.failAt(idNode, "signature_nonce: %v", err)
	}
	if err := keyrules.CheckIDEnvironment(r.ID, r.Environment); err != nil {
		return Record{}, nil, d.failAt(idNode, "%v", err)
	}
	if err := d.secrets(secrets, &r, now); err != nil {
		return Record{}, nil, err
	}
	return r, idNode, nil
}

func (d document) secrets(node ast.Node, r *Record, now time.Time) error {
	err := d.list(node, "secrets", func(_ int, node ast.Node) error {
		var secret Secret
		err := d.mapping(node, "a secret", []field{
			{"secret", true, func(node ast.Node) error {
				text, err := d.text(node, "secret")
				if err != nil {
					return err
				}
				if secret.Secret, err = keyrules.ParseSecret(text, r.Environment); err != nil {
					return d.failAt(node, "%v", err)
				}
				return nil
			}},
			{"created_at", false, func(node ast.Node) error { return d.instant(node, "created_at", &secret.CreatedAt) }},
			{"not_after", false, func(node ast.Node) error { return d.instant(node, "not_after", &secret.NotAfter) }},
		})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(r.Secrets, func(s Secret) bool { return s.Secret.Equal(secret.Secret) }) {
			return d.failAt(node, "this secret is named earlier in the same key: remove one")
		}
		if len(r.Secrets) == keyrules.MaxListed {
			return d.failAt(node, "a key lists more than %d secrets: remove those that have ended", keyrules.MaxListed)
		}
		r.Secrets = append(r.Secrets, secret)
		return nil
	})
	if err != nil {
		return err
	}
	if len(r.Secrets) == 0 {
		return d.failAt(node, "a key must have at least one secret; to refuse the key write disabled: true")
	}
	if err := checkActive(r.ActiveSecrets(now)); err != nil {
		return d.failAt(node, "%v", err)
	}
	return nil
}

// texts decodes a list of different values, each written as one line of text.
func texts[T string | canonical.Dialect | netip.Prefix](d document, node ast.Node, of string, decode func(string) (T, error)) ([]T, error) {
	var values []T
	err := d.list(node, of, func(_ int, node ast.Node) error {
		text, err := d.text(node, of)
		if err != nil {
			return err
		}
		value, err := decode(text)
		if err != nil {
			return d.failAt(node, "%v", err)
		}
		if slices.Contains(values, value) {
			return d.failAt(node, "%s names this one twice: remove one", of)
		}
		if len(values) == keyrules.MaxListed {
			return d.failAt(node, "%s names more than %d", of, keyrules.MaxListed)
		}
		values = append(values, value)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}
