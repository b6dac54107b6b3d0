package testvectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// A Verifier is the settings that every case is run under, as verifier.json has them.
type Verifier struct {
	Version int    `json:"version"`
	Region  string `json:"region"`
	Service string `json:"service"`
	// MaxBody is the most bytes that a body may have; MaxUnhashedBody holds, besides, for a body
	// without a content hash header, which must be read before the signature can be checked.
	MaxBody         int64 `json:"max_body"`
	MaxUnhashedBody int64 `json:"max_unhashed_body"`
	// PresignMaxExpires caps a presigned URL's life, in seconds.
	PresignMaxExpires int `json:"presign_max_expires"`
	// RequireSigned names, in lower case, headers that must be signed where a request has them.
	RequireSigned []string `json:"require_signed"`
	// ReusablePresigned lists decoded paths at which presigned GET and HEAD requests may be used
	// again until they expire, and nothing is claimed.
	ReusablePresigned []string `json:"reusable_presigned"`
	Keys              []Key    `json:"keys"`
}

// A Key is one API key. Its secrets are published: they prove nothing, and must be used nowhere.
type Key struct {
	ID          string         `json:"id"`
	Environment string         `json:"environment"`
	Dialects    []string       `json:"dialects"` // "cs4", "aws4"
	Secrets     []Secret       `json:"secrets"`  // newest first
	Scopes      []string       `json:"scopes"`
	Disabled    bool           `json:"disabled"`
	ExpiresAt   *time.Time     `json:"expires_at"` // nil = never
	Sources     []netip.Prefix `json:"sources"`    // none = any
	// UnsignedPayload allows the content hash UNSIGNED-PAYLOAD.
	UnsignedPayload bool `json:"unsigned_payload"`
	// SignatureNonce allows AWS4 requests without a nonce, whose signature takes its place.
	SignatureNonce bool `json:"signature_nonce"`
}

// A Secret is one of a key's secrets: the whole text is the HMAC secret.
type Secret struct {
	Secret   string     `json:"secret"`
	NotAfter *time.Time `json:"not_after"` // nil = as long as the key
}

func parseVerifier(text []byte) (*Verifier, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var v Verifier
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	if v.Version != 1 {
		return nil, fmt.Errorf("version %d is unknown: this loader reads version 1", v.Version)
	}
	if v.Region == "" || v.Service == "" || v.MaxBody <= 0 || v.MaxUnhashedBody <= 0 || v.PresignMaxExpires <= 0 {
		return nil, errors.New("region, service, max_body, max_unhashed_body and presign_max_expires are required")
	}
	for _, path := range v.ReusablePresigned {
		if path == "" || path[0] != '/' {
			return nil, fmt.Errorf("reusable_presigned: %q is no path", path)
		}
	}
	ids := map[string]bool{}
	for _, key := range v.Keys {
		if err := key.check(); err != nil {
			return nil, err
		}
		if ids[key.ID] {
			return nil, fmt.Errorf("there are two keys %s", key.ID)
		}
		ids[key.ID] = true
	}
	if len(ids) == 0 {
		return nil, errors.New("there are no keys")
	}
	return &v, nil
}

func (k *Key) check() error {
	if k.ID == "" || k.Environment == "" || len(k.Dialects) == 0 || len(k.Secrets) == 0 {
		return fmt.Errorf("key %q: id, environment, dialects and secrets are required", k.ID)
	}
	for _, dialect := range k.Dialects {
		if dialect != "cs4" && dialect != "aws4" {
			return fmt.Errorf("key %s: there is no dialect %q", k.ID, dialect)
		}
	}
	for _, secret := range k.Secrets {
		if secret.Secret == "" {
			return fmt.Errorf("key %s: a secret is empty", k.ID)
		}
	}
	return nil
}
