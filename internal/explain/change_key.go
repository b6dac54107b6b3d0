package explain

import (
	"fmt"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

// keyChanges are about the secret's text and the dialect's constants.
var keyChanges = []change{
	{"secret-trimmed", func(s *signed, _ *circumstances) cause {
		s.secret = strings.TrimSpace(s.secret)
		return cause{"the secret has white space around it, and the request is signed with the secret alone", atHere, "remove it"}
	}},
	secretAs("secret-with-newline", "ends in a newline", "trim what the client reads (a file written by echo ends in one)", func(secret string) string { return secret + "\n" }),
	secretAs("secret-with-crlf", "ends in CR LF", "trim what the client reads", func(secret string) string { return secret + "\r\n" }),
	secretAs("secret-with-space", "ends in a space", "trim what the client reads", func(secret string) string { return secret + " " }),
	secretAs("secret-quoted", `has "quotes" around it`, "take them off", func(secret string) string { return `"` + secret + `"` }),
	secretAs("secret-single-quoted", "has 'quotes' around it", "take them off", func(secret string) string { return "'" + secret + "'" }),
	secretAs("secret-empty", "is empty", "give it the secret (is its variable exported?)", func(string) string { return "" }),
	{"dialect", func(s *signed, c *circumstances) cause {
		other := otherDialect(c.request.Dialect)
		s.keyPrefix, s.algorithm, s.terminator = other.KeyPrefix, other.Algorithm, other.Terminator
		return cause{"the signature was made with the constants of the other dialect, " + other.Name, atClient, "use one dialect throughout"}
	}},
	{"key-prefix", func(s *signed, c *circumstances) cause {
		other := otherDialect(c.request.Dialect)
		s.keyPrefix = other.KeyPrefix
		return cause{"the signing key was derived with the prefix " + other.KeyPrefix, atClient, "in this dialect, put " + c.request.Dialect.Names().KeyPrefix + " before the secret"}
	}},
	{"key-prefix-left-out", func(s *signed, c *circumstances) cause {
		s.keyPrefix = ""
		return cause{"the signing key was derived without a prefix", atClient, "put " + c.request.Dialect.Names().KeyPrefix + " before the secret"}
	}},
	{"terminator", func(s *signed, c *circumstances) cause {
		other := otherDialect(c.request.Dialect)
		s.terminator = other.Terminator
		return cause{"the scope that was signed ends in " + other.Terminator, atClient, "in this dialect, end it in " + c.request.Dialect.Names().Terminator}
	}},
	{"algorithm", func(s *signed, c *circumstances) cause {
		other := otherDialect(c.request.Dialect)
		s.algorithm = other.Algorithm
		return cause{"the string to sign begins with " + other.Algorithm, atClient, "in this dialect, begin it with " + c.request.Dialect.Names().Algorithm}
	}},
}

// secretAs is the change of a secret that was read wrongly.
func secretAs(name, is, fix string, rewrite func(secret string) string) change {
	return change{name, func(s *signed, _ *circumstances) cause {
		s.secret = rewrite(s.secret)
		return cause{"the signer's secret " + is, atClient, fix}
	}}
}

// secretChanges are about the key's older secrets.
func secretChanges(c *circumstances) (list []change) {
	for i, older := range c.options.OldSecrets[:min(len(c.options.OldSecrets), maxOlder)] {
		list = append(list, change{"older-secret", func(s *signed, _ *circumstances) cause {
			s.secret = older
			return cause{fmt.Sprintf("the request is signed with number %d of the older secrets", i+1), atEither,
				"give the client the current secret; or, where the overlap should still last, look at what the verifier holds (countersign keys show)"}
		}})
	}
	return list
}

// scopeChanges are about region, service and day.
func scopeChanges(c *circumstances) (list []change) {
	_, environment, _, _ := canonical.ParseSecret(c.options.Secret)
	for _, region := range []string{c.options.Region, environment, "us-east-1", "live", "test", "dev"} {
		list = append(list, scopeWas("region", "the region "+region, region, func(scope *canonical.Scope) *string { return &scope.Region }))
	}
	for _, service := range []string{c.options.Service, "execute-api", "countersign"} {
		list = append(list, scopeWas("service", "the service "+service, service, func(scope *canonical.Scope) *string { return &scope.Service }))
	}
	for _, days := range []int{-1, 1} {
		day := c.request.Timestamp.AddDate(0, 0, days).Format("20060102")
		list = append(list,
			dayWas("scope-date", "the scope and the signing key were made for", day, func(s *signed) { s.scope.Date, s.keyDate = day, day }),
			dayWas("scope-date-alone", "the scope in the string to sign was made for", day, func(s *signed) { s.scope.Date = day }),
			dayWas("key-date", "the signing key was derived for", day, func(s *signed) { s.keyDate = day }))
	}
	return list
}

func scopeWas(name, what, was string, part func(*canonical.Scope) *string) change {
	return change{name, func(s *signed, _ *circumstances) cause {
		if field := part(&s.scope); was != "" && *field != was {
			*field = was
			return cause{"the signature was made for " + what + ", and Credential names another", atClient, "write the same one in both"}
		}
		return cause{}
	}}
}

func dayWas(name, what, day string, set func(s *signed)) change {
	return change{name, func(s *signed, _ *circumstances) cause {
		set(s)
		on, _ := time.Parse("20060102", day)
		return cause{what + " " + on.Format(time.DateOnly) + ", and the request's date is of another day", atClient, "take the day from the date that is sent, in UTC, for every request anew"}
	}}
}

func otherDialect(d canonical.Dialect) *canonical.DialectNames {
	if d == canonical.CS4 {
		return canonical.AWS4.Names()
	}
	return canonical.CS4.Names()
}
