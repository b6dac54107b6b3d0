package canonical

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

// crockford is base32 without the letters that are mistaken for digits, in lower case.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

const (
	secretDigits   = 52 // of 32 random bytes
	checksumDigits = 7  // of a CRC-32
	// An imported secret, one that was not made in our form, has this many bytes.
	minImported, maxImported = 32, 1024
)

var (
	// ErrSecretChecksum: the text begins as our secrets do, and is not one.
	ErrSecretChecksum = errors.New("the secret's checksum is wrong: it was mistyped or cut")
	// ErrSecretShort: the text has not the form of a secret, and is too short to serve as one.
	ErrSecretShort = errors.New("a secret that countersign did not make must be at least 32 bytes long")
	// ErrSecretText: the text has not the form of a secret, and is too long, or holds a space, a
	// line end, or another byte that is not printable ASCII.
	ErrSecretText = errors.New("a secret that countersign did not make must be printable ASCII without spaces, at most 1024 bytes")
)

// CheckKeyID returns why id is no key id, or nil. The error does not repeat it: it may be a secret.
func CheckKeyID(id string) error {
	switch {
	case strings.HasPrefix(id, "cs_"):
		return errors.New("a key id must not begin with cs_, as secrets do: was the secret put in its place?")
	case !ValidKeyID(id):
		return errors.New("a key id must be neither . nor .. but 1 to 128 of A-Z a-z 0-9 . _ ~ -")
	}
	return nil
}

// FormatKeyID writes a key id, ck_<environment>_<16 characters>, from 10 random bytes. SPEC §6.
func FormatKeyID(environment string, random [10]byte) string {
	return "ck_" + environment + "_" + crockford.EncodeToString(random[:])
}

// FormatSecret writes a secret, cs_<environment>_<52 characters><7 of checksum>, from 32 random
// bytes. SPEC §6.
func FormatSecret(environment string, random [32]byte) string {
	text := "cs_" + environment + "_" + crockford.EncodeToString(random[:])
	return text + secretChecksum(text)
}

func secretChecksum(text string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(text)))
	return crockford.EncodeToString(sum[:])
}

// ParseSecret wraps the text of a secret. native tells whether it has our form, with environment
// the one it names. It returns ErrSecretChecksum for a text in our form that was altered, and
// ErrSecretShort or ErrSecretText for another one that cannot serve. SPEC §6.
func ParseSecret(text string) (secret Secret, environment string, native bool, err error) {
	rest, ours := strings.CutPrefix(text, "cs_")
	switch {
	case !ours && len(text) < minImported:
		return Secret{}, "", false, ErrSecretShort
	case !ours && !printable.only(text, minImported, maxImported):
		return Secret{}, "", false, ErrSecretText
	case !ours:
		return NewSecret(text), "", false, nil
	}
	environment, digits, _ := strings.Cut(rest, "_")
	if !ValidRegion(environment) || len(digits) != secretDigits+checksumDigits {
		return Secret{}, "", false, ErrSecretChecksum
	}
	// What is written again from its bytes, and is the same, holds no digit or bit of another form.
	var random [32]byte
	plain, err := crockford.DecodeString(digits[:secretDigits])
	if err != nil || copy(random[:], plain) != len(random) || FormatSecret(environment, random) != text {
		return Secret{}, "", false, ErrSecretChecksum
	}
	return NewSecret(text), environment, true, nil
}
