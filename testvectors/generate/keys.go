package main

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
)

// settings is verifier.json: what the verifier of every case knows.
type settings struct {
	Version           int      `json:"version"`
	Region            string   `json:"region"`
	Service           string   `json:"service"`
	MaxBody           int      `json:"max_body"`
	MaxUnhashedBody   int      `json:"max_unhashed_body"`
	PresignMaxExpires int      `json:"presign_max_expires"`
	RequireSigned     []string `json:"require_signed"`
	ReusablePresigned []string `json:"reusable_presigned"`
	Keys              []*key   `json:"keys"`
}

type key struct {
	ID              string   `json:"id"`
	Environment     string   `json:"environment"`
	Dialects        []string `json:"dialects"`
	Secrets         []secret `json:"secrets"`
	Scopes          []string `json:"scopes"`
	Disabled        bool     `json:"disabled,omitempty"`
	ExpiresAt       string   `json:"expires_at,omitempty"`
	Sources         []string `json:"sources,omitempty"`
	UnsignedPayload bool     `json:"unsigned_payload,omitempty"`
	SignatureNonce  bool     `json:"signature_nonce,omitempty"`
}

type secret struct {
	Secret   string `json:"secret"`
	NotAfter string `json:"not_after,omitempty"`
}

const (
	maxBody         = 65536
	maxUnhashedBody = 16384
	reusablePath    = "/v1/downloads/report"
)

var (
	keyBoth            = newKey("both", "test", "cs4", "aws4")
	keyCS4             = newKey("cs4 only", "test", "cs4")
	keyAWS4            = newKey("aws4 only", "test", "aws4")
	keyRotated         = newKey("rotated", "test", "cs4", "aws4").rotate()
	keyDisabled        = newKey("disabled", "test", "cs4", "aws4").with(func(k *key) { k.Disabled = true })
	keyExpired         = newKey("expired", "test", "cs4", "aws4").with(func(k *key) { k.ExpiresAt = "2026-01-01T00:00:00Z" })
	keyLive            = newKey("live", "live", "cs4", "aws4")
	keySource          = newKey("source", "test", "cs4", "aws4").with(func(k *key) { k.Sources = []string{"127.0.0.0/8"} })
	keyUnsignedPayload = newKey("unsigned payload", "test", "cs4", "aws4").with(func(k *key) { k.UnsignedPayload = true })
	keySignatureNonce  = newKey("signature nonce", "test", "cs4", "aws4").with(func(k *key) { k.SignatureNonce = true })

	// keyUnknown is in no verifier's list.
	keyUnknown = newKey("unknown", "test", "cs4", "aws4")
)

func verifierSettings() ([]byte, error) {
	text, err := json.MarshalIndent(settings{
		Version:           1,
		Region:            region,
		Service:           service,
		MaxBody:           maxBody,
		MaxUnhashedBody:   maxUnhashedBody,
		PresignMaxExpires: 900,
		RequireSigned:     []string{"idempotency-key"},
		ReusablePresigned: []string{reusablePath},
		Keys: []*key{
			keyBoth, keyCS4, keyAWS4, keyRotated, keyDisabled, keyExpired, keyLive, keySource, keyUnsignedPayload,
			keySignatureNonce,
		},
	}, "", "  ")
	return append(text, '\n'), err
}

func newKey(label, environment string, dialects ...string) *key {
	sum := sha256.Sum256([]byte("id of " + label))
	return &key{
		ID:          "ck_" + environment + "_" + crockford.EncodeToString(sum[:10]),
		Environment: environment,
		Dialects:    dialects,
		Secrets:     []secret{{Secret: newSecret(label, environment)}},
		Scopes:      []string{},
	}
}

func (k *key) with(change func(*key)) *key {
	change(k)
	return k
}

// rotate gives the key three secrets: at the time of the cases the last is no longer valid.
func (k *key) rotate() *key {
	k.Secrets = []secret{
		{Secret: newSecret("rotated, newest", "test")},
		{Secret: newSecret("rotated, in the overlap", "test"), NotAfter: "2026-01-03T00:00:00Z"},
		{Secret: newSecret("rotated, past the overlap", "test"), NotAfter: "2026-01-01T00:00:00Z"},
	}
	return k
}

var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newSecret is a secret in the form of real ones, but anybody can compute it.
func newSecret(label, environment string) string {
	sum := sha256.Sum256([]byte("secret of " + label))
	text := "cs_" + environment + "_" + crockford.EncodeToString(sum[:])
	var checksum [4]byte
	binary.BigEndian.PutUint32(checksum[:], crc32.ChecksumIEEE([]byte(text)))
	return text + crockford.EncodeToString(checksum[:])
}
