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
	// minImported is the least length of a secret that was not made in our form.
	minImported = 32
)

var (
	// ErrSecretChecksum: the text has the form of a secret, and a wrong checksum.
	ErrSecretChecksum = errors.New("the secret's checksum is wrong: it was mistyped or cut")
	// ErrSecretShort: the text has not the form of a secret, and is too short to serve as one.
	ErrSecretShort = errors.New("a secret that countersign did not make must be at least 32 bytes long")
)

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
// ErrSecretShort for another text of less than 32 bytes.
func ParseSecret(text string) (secret Secret, environment string, native bool, err error) {
	rest, ours := strings.CutPrefix(text, "cs_")
	if !ours {
		if len(text) < minImported {
			return Secret{}, "", false, ErrSecretShort
		}
		return NewSecret(text), "", false, nil
	}
	environment, random, found := strings.Cut(rest, "_")
	if !found || !ValidRegion(environment) || len(random) != secretDigits+checksumDigits {
		return Secret{}, "", false, ErrSecretChecksum
	}
	if body := text[:len(text)-checksumDigits]; secretChecksum(body) != text[len(body):] {
		return Secret{}, "", false, ErrSecretChecksum
	}
	return NewSecret(text), environment, true, nil
}
