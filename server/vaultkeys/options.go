package vaultkeys

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Options are what [Open] can be told. The zero value is ready to use where the environment holds
// VAULT_ADDR and VAULT_TOKEN. What no field says, the VAULT_* variables do, as they do for the vault
// command: VAULT_CACERT, VAULT_CLIENT_CERT, VAULT_TLS_SERVER_NAME, VAULT_PROXY_ADDR and so on.
type Options struct {
	// Address is Vault's URL; "" means that in VAULT_ADDR, else https://127.0.0.1:8200.
	Address string
	// Namespace is the namespace of mount and login (Vault Enterprise); "" means that in
	// VAULT_NAMESPACE.
	Namespace string
	// CACert is the path of a PEM file that vouches for Vault's certificate; "" means that in
	// VAULT_CACERT, else the system's roots.
	CACert string
	// Auth says how to log in.
	Auth Auth

	// Mount is the path of the KV engine, version 2; "" means secret.
	Mount string
	// Prefix is the path in the mount under which keys lie; "" means countersign/keys.
	Prefix string
	// Overlap is how long a secret stays valid after a rotation; 0 means 24 hours.
	Overlap time.Duration

	// Refresh is within what time a change in Vault is in force: keys that are in use, and the list
	// of keys, are read again a little earlier, at random. 0 means 30 seconds.
	Refresh time.Duration
	// MaxStale is for how long keys stay in force that are due and cannot be read again, in an
	// outage; from then on every request is answered 503. 0 means 10 minutes.
	MaxStale time.Duration
	// Wait bounds how long a request waits for the first reading of its key; 0 means 2 seconds.
	Wait time.Duration
	// Timeout bounds each question to Vault; 0 means 5 seconds.
	Timeout time.Duration
	// FilePoll is how often a token file is looked at; 0 means 5 seconds.
	FilePoll time.Duration
	// FirstReads and Refreshes bound the questions a second that first uses of keys, and
	// refreshes, may put to Vault; each has its own budget, so that neither can starve the other.
	// A first use takes two questions or more, a refresh of a key in use one: with 500 a second,
	// 10,000 keys in use are fresh within 30 seconds, if Vault answers within 100 ms: an eighth of
	// Refreshes, and at least 8, may be under way at once. With more keys, or a slower Vault, they
	// grow older than Refresh says, as the log and Status.Late tell, and rotations and revocations
	// are in force that much later. 0 means 500.
	FirstReads, Refreshes int

	// Logger hears of logins, outages and malformed records, never of a secret or token; nil means
	// [slog.Default].
	Logger *slog.Logger
	// Now is the clock, by which ages and overlaps are judged; nil means [time.Now].
	Now func() time.Time
}

func (o Options) withDefaults() (Options, error) {
	o.Mount = strings.Trim(cmp.Or(o.Mount, "secret"), "/")
	o.Prefix = strings.Trim(cmp.Or(o.Prefix, "countersign/keys"), "/")
	for _, path := range []struct{ field, value string }{{"Mount", o.Mount}, {"Prefix", o.Prefix}} {
		if !plainPath(path.value) {
			return o, fmt.Errorf("vaultkeys: Options.%s must be names of A-Z a-z 0-9 . _ - with / between them", path.field)
		}
	}
	for _, duration := range []struct {
		field   string
		value   *time.Duration
		initial time.Duration
	}{
		{"Overlap", &o.Overlap, 24 * time.Hour},
		{"Refresh", &o.Refresh, 30 * time.Second},
		{"MaxStale", &o.MaxStale, 10 * time.Minute},
		{"Wait", &o.Wait, 2 * time.Second},
		{"Timeout", &o.Timeout, 5 * time.Second},
		{"FilePoll", &o.FilePoll, 5 * time.Second},
	} {
		if *duration.value < 0 {
			return o, fmt.Errorf("vaultkeys: Options.%s must not be negative; 0 means %v", duration.field, duration.initial)
		}
		*duration.value = cmp.Or(*duration.value, duration.initial)
	}
	if o.FirstReads < 0 || o.Refreshes < 0 {
		return o, errors.New("vaultkeys: Options.FirstReads and Options.Refreshes must not be negative")
	}
	o.FirstReads, o.Refreshes = cmp.Or(o.FirstReads, 500), cmp.Or(o.Refreshes, 500)
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
