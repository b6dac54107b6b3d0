package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// ErrNoCredentials is wrapped by the error of a source that has no key to sign with.
var ErrNoCredentials = errors.New("no credentials")

// CredentialSource yields the key that requests are signed with.
//
// Credentials is called for every signature, from many goroutines at once: a source that fetches
// keeps what it fetched. Its error wraps ErrNoCredentials when there is no key to sign with and
// asking again will not help; any other error means that the source could not tell. Nothing is
// signed or sent after an error, which the Signer returns wrapped.
type CredentialSource interface {
	Credentials(ctx context.Context) (Credentials, error)
}

// Credentials are a key's id and its secret. They are a [CredentialSource] of themselves. The zero
// value signs nothing.
//
// A secret memoises what is derived from it: a source hands out the same value until the secret
// changes.
type Credentials struct {
	KeyID  string
	Secret canonical.Secret
}

var _ CredentialSource = Credentials{}

// Credentials returns c.
func (c Credentials) Credentials(context.Context) (Credentials, error) { return c, nil }

// ParseCredentials reads a key id and the text of its secret. A secret in Countersign's form whose
// checksum is wrong gives an error that wraps [canonical.ErrSecretChecksum], another text of less
// than 32 bytes one that wraps [canonical.ErrSecretShort].
func ParseCredentials(id, secret string) (Credentials, error) {
	if id == "" || secret == "" {
		return Credentials{}, fmt.Errorf("%w: the key id or the secret is empty", ErrNoCredentials)
	}
	if err := canonical.CheckKeyID(id); err != nil {
		return Credentials{}, err
	}
	parsed, environment, native, err := canonical.ParseSecret(secret)
	if err != nil {
		return Credentials{}, fmt.Errorf("secret of key %s: %w", id, err)
	}
	if keyEnvironment := environmentOfKey(id); native && keyEnvironment != "" && keyEnvironment != environment {
		return Credentials{}, refuse(canonical.KeyEnvironment,
			"the key id "+id+" is of environment "+keyEnvironment+", the secret of "+environment)
	}
	return Credentials{KeyID: id, Secret: parsed}, nil
}

// Static is a source of one key, given by its id and the text of its secret. What is wrong with
// them is told by [Signer.Check] and by every use; see [ParseCredentials] for the errors.
func Static(id, secret string) CredentialSource {
	credentials, err := ParseCredentials(id, secret)
	if err != nil {
		return invalidCredentials{err}
	}
	return credentials
}

type invalidCredentials struct{ err error }

func (c invalidCredentials) Credentials(context.Context) (Credentials, error) {
	return Credentials{}, c.err
}

// usable refuses credentials that no verifier of the target would accept.
func (c Credentials) usable(target Target) error {
	if c.KeyID == "" || c.Secret.IsZero() {
		return ErrNoCredentials
	}
	if err := canonical.CheckKeyID(c.KeyID); err != nil {
		return err
	}
	if environment := environmentOfKey(c.KeyID); environment != "" && environment != target.Region {
		return refuse(canonical.KeyEnvironment, "the key "+c.KeyID+" is of environment "+environment+
			", and Target.Region is "+target.Region)
	}
	return nil
}

// environmentOfKey returns the environment that a key id in Countersign's form names, ck_<env>_ and
// 16 characters, or "" for an id of another form.
func environmentOfKey(id string) string {
	const digits = 16
	rest, ours := strings.CutPrefix(id, "ck_")
	if !ours || len(rest) < len("e_")+digits {
		return ""
	}
	environment, separator, random := rest[:len(rest)-digits-1], rest[len(rest)-digits-1], rest[len(rest)-digits:]
	if separator != '_' || !canonical.ValidRegion(environment) {
		return ""
	}
	for i := 0; i < len(random); i++ {
		if c := random[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	return environment
}
