package vaultcreds

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Options are what [Open] can be told. The zero value is ready to use where the environment holds
// VAULT_ADDR and VAULT_TOKEN.
type Options struct {
	// Address is Vault's, https://vault.example:8200; "" means that of VAULT_ADDR. The other
	// variables that the vault command reads count too: VAULT_CACERT, VAULT_NAMESPACE …
	Address string
	// Namespace is Vault's namespace; "" means that of VAULT_NAMESPACE.
	Namespace string
	// CACert is the path of a PEM file of the authority that vouches for Vault; "" means that of
	// VAULT_CACERT, or the system's authorities.
	CACert string
	// Auth is how to log in; the zero value takes the token of VAULT_TOKEN.
	Auth Auth
	// Mount is the KV v2 engine's path; "" means secret.
	Mount string
	// Prefix is the path in the mount under which keys lie; "" means countersign/keys.
	Prefix string
	// Refresh is how often Vault is asked for the current secret, less a random tenth, so that
	// clients that started together do not ask together; 0 means 30 s.
	Refresh time.Duration
	// Settle is how long a secret must have been in force before it is signed with, so that all
	// verifiers have read it by then. Until that the one before it signs, which stays valid for
	// the overlap of the rotation; time without Vault does not count. Set it to at least twice the verifiers' refresh interval, and
	// to less than their overlap; 0 means 90 s.
	Settle time.Duration
	// Timeout bounds each question to Vault, and the first login with the first read; 0 means 10 s.
	Timeout time.Duration
	// Logger hears of rotations and of what is wrong; nil means [slog.Default].
	Logger *slog.Logger
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

func (o Options) withDefaults() (Options, error) {
	o.Mount = strings.Trim(cmp.Or(o.Mount, "secret"), "/")
	o.Prefix = strings.Trim(cmp.Or(o.Prefix, "countersign/keys"), "/")
	for field, path := range map[string]string{"Mount": o.Mount, "Prefix": o.Prefix} {
		if !plainPath(path) {
			return o, fmt.Errorf("vaultcreds: Options.%s must be names of A-Z a-z 0-9 . _ - with / between them", field)
		}
	}
	if o.Refresh < 0 || o.Settle < 0 || o.Timeout < 0 {
		return o, errors.New("vaultcreds: Options.Refresh, Settle and Timeout must not be negative")
	}
	o.Refresh = cmp.Or(o.Refresh, 30*time.Second)
	o.Settle = cmp.Or(o.Settle, 90*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// plainPath reports whether a path needs no escaping and leads nowhere else.
func plainPath(path string) bool {
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." || name == ".." || strings.ContainsFunc(name, func(c rune) bool {
			return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("._-", c))
		}) {
			return false
		}
	}
	return true
}
