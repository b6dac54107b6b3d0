package explain

import (
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// keyChanges are about the secret, the scope and the dialect's constants.
var keyChanges = []change{
	secretAs("secret-trimmed", "the secret given here has white space around it: remove it, the request is signed with the secret alone", strings.TrimSpace),
	secretAs("secret-with-newline", "the signer's secret ends in a newline: trim what it reads (a file written by echo ends in one)", func(secret string) string { return secret + "\n" }),
	secretAs("secret-with-crlf", "the signer's secret ends in CR LF: trim what it reads", func(secret string) string { return secret + "\r\n" }),
	secretAs("secret-with-space", "the signer's secret ends in a space: trim what it reads", func(secret string) string { return secret + " " }),
	secretAs("secret-quoted", `the signer's secret has "quotes" around it: take them off`, func(secret string) string { return `"` + secret + `"` }),
	secretAs("secret-single-quoted", "the signer's secret has 'quotes' around it: take them off", func(secret string) string { return "'" + secret + "'" }),
	{"secret-empty", func(s *signed, _ *circumstances) string {
		s.secret = ""
		return "the signer's secret is empty: give it the secret (is its variable exported?)"
	}},
	{"region", func(s *signed, c *circumstances) string {
		s.scope.Region = c.options.Region
		return ifKnown(c.options.Region, "the signature was made for the region "+c.options.Region+", and Credential names another: write the same one in both")
	}},
	{"service", func(s *signed, c *circumstances) string {
		s.scope.Service = c.options.Service
		return ifKnown(c.options.Service, "the signature was made for the service "+c.options.Service+", and Credential names another: write the same one in both")
	}},
	{"dialect", func(s *signed, c *circumstances) string {
		other := otherDialect(c.request.Dialect)
		s.keyPrefix, s.algorithm, s.terminator = other.KeyPrefix, other.Algorithm, other.Terminator
		return "the signature was made with the constants of the other dialect, " + other.Name + ": use one dialect throughout"
	}},
	{"key-prefix", func(s *signed, c *circumstances) string {
		other := otherDialect(c.request.Dialect)
		s.keyPrefix = other.KeyPrefix
		return "the signing key was derived with the prefix " + other.KeyPrefix + ": in this dialect it is " + c.request.Dialect.Names().KeyPrefix
	}},
	{"key-prefix-left-out", func(s *signed, c *circumstances) string {
		s.keyPrefix = ""
		return "the signing key was derived without a prefix: put " + c.request.Dialect.Names().KeyPrefix + " before the secret"
	}},
	{"terminator", func(s *signed, c *circumstances) string {
		other := otherDialect(c.request.Dialect)
		s.terminator = other.Terminator
		return "the scope that was signed ends in " + other.Terminator + ": in this dialect it is " + c.request.Dialect.Names().Terminator
	}},
	{"algorithm", func(s *signed, c *circumstances) string {
		other := otherDialect(c.request.Dialect)
		s.algorithm = other.Algorithm
		return "the string to sign begins with " + other.Algorithm + ": in this dialect it is " + c.request.Dialect.Names().Algorithm
	}},
}

// secretAs is the change of a secret that was read wrongly.
func secretAs(name, says string, rewrite func(secret string) string) change {
	return change{name, func(s *signed, _ *circumstances) string {
		s.secret = rewrite(s.secret)
		return says
	}}
}

// ifKnown returns says if a value is known.
func ifKnown(value, says string) string {
	if value == "" {
		return ""
	}
	return says
}

func otherDialect(d canonical.Dialect) *canonical.DialectNames {
	if d == canonical.CS4 {
		return canonical.AWS4.Names()
	}
	return canonical.CS4.Names()
}
