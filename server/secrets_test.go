package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

func withSecrets(texts ...string) func(*setup) {
	return func(u *setup) {
		u.key.Secrets = nil
		for _, text := range texts {
			secret := server.KeySecret{}
			if text != "" {
				secret.Secret = canonical.NewSecret(text)
			}
			u.key.Secrets = append(u.key.Secrets, secret)
		}
	}
}

func TestEachActiveSecretIsAccepted(t *testing.T) {
	texts := []string{"secret-number-zero", "secret-number-one", "secret-number-two", "secret-number-three", "secret-number-four"}
	u := newSetup(t, withSecrets(texts...))
	for i, text := range texts {
		s := newSigning()
		s.secret = text
		if i == server.MaxActiveSecrets {
			u.requireRefused(t, s.request(t), canonical.SignatureMismatch)
			continue
		}
		u.requireAccepted(t, s.request(t))
		require.Equal(t, i, u.decision(t).SecretIndex)
		require.True(t, u.decision(t).KeyProved)
	}
}

// A record that is out of order in any way is a key without those secrets.
func TestSecretsThatAreNone(t *testing.T) {
	for name, change := range map[string]func(*setup){
		"none":         withSecrets(),
		"zero":         withSecrets("", "", "", "", ""),
		"empty":        func(u *setup) { u.key.Secrets = []server.KeySecret{{Secret: canonical.NewSecret("")}} },
		"past overlap": func(u *setup) { u.key.Secrets[0].NotAfter = noon.Add(-1) },
	} {
		u := newSetup(t, change)
		for _, secret := range []string{testSecret, ""} {
			s := newSigning()
			s.secret = secret
			u.requireRefused(t, s.request(t), canonical.SignatureMismatch)
			require.False(t, u.decision(t).KeyProved, name)
		}
	}
}

func TestOverlapEndsAfterItsLastInstant(t *testing.T) {
	u := newSetup(t, withSecrets("", "newest-secret-of-all", testSecret))
	u.key.Secrets[2].NotAfter = noon
	u.requireAccepted(t, newSigning().request(t))
	require.Equal(t, 2, u.decision(t).SecretIndex, "the index counts those that are not active, too")
	u.clock.Advance(time.Nanosecond)
	u.requireRefused(t, newSigning().request(t), canonical.SignatureMismatch)
}

// A rotated secret is a new record: nothing that was derived from the old one may linger.
func TestRevokedSecretIsRefusedAtOnce(t *testing.T) {
	keys := server.NewStaticKeys(newKey())
	u := newSetup(t, func(u *setup) { u.keys = keys })
	u.requireAccepted(t, newSigning().request(t))
	rotated := newKey()
	rotated.Secrets[0].Secret = canonical.NewSecret("the-secret-after-the-rotation")
	keys[testKeyID] = rotated
	u.requireRefused(t, newSigning().request(t), canonical.SignatureMismatch)
	s := newSigning()
	s.secret = "the-secret-after-the-rotation"
	u.requireAccepted(t, s.request(t))
}
