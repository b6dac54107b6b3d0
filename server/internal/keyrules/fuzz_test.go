package keyrules

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
)

// quotes asserts that an error does not hold the value that it refuses, which may be a secret.
func quotes(t *testing.T, err error, value string) {
	t.Helper()
	if err != nil && len(value) > 20 {
		require.NotContains(t, err.Error(), value)
	}
}

func FuzzParseSource(f *testing.F) {
	for _, text := range []string{"10.0.0.0/8", "10.0.0.1/8", "2001:db8::/32", "::ffff:10.0.0.0/104", "fe80::1%eth0/64", "0.0.0.0/0", "10.0.0.0", "/"} {
		f.Add(text, "10.1.2.3")
	}
	f.Fuzz(func(t *testing.T, text, address string) {
		source, err := ParseSource(text)
		quotes(t, err, text)
		if err != nil {
			return
		}
		require.True(t, source.IsValid() && !source.Addr().Is4In6() && source.Addr().Zone() == "")
		again, err := ParseSource(source.String())
		require.NoError(t, err)
		require.Equal(t, source, again)
		// Membership is a comparison of the leading bits.
		peer, err := netip.ParseAddr(address)
		if err != nil || peer.Zone() != "" {
			return
		}
		leading, err := peer.Prefix(source.Bits())
		require.Equal(t, err == nil && leading == source, source.Contains(peer))
	})
}

func FuzzParseInstant(f *testing.F) {
	for _, text := range []string{"2027-06-30T00:00:00Z", "2027-06-30T00:00:00.5+02:00", "0001-01-01T00:00:00Z", "2027-02-29T00:00:00Z", "2027-06-30"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		instant, err := ParseInstant(text)
		quotes(t, err, text)
		if err != nil {
			require.True(t, instant.IsZero())
			return
		}
		require.False(t, instant.IsZero())
		if utc := instant.UTC(); utc.Year() >= 0 && utc.Year() <= 9999 {
			again, err := ParseInstant(utc.Format(time.RFC3339Nano))
			require.NoError(t, err)
			require.True(t, instant.Equal(again))
		}
	})
}

func FuzzParseSecret(f *testing.F) {
	native := canonical.FormatSecret("live", [32]byte{1})
	f.Add(native, "live")
	f.Add(native, "test")
	f.Add(strings.Repeat("s", 32), "live")
	f.Add("cs_live_", "live")
	f.Fuzz(func(t *testing.T, text, environment string) {
		secret, err := ParseSecret(text, environment)
		quotes(t, err, text)
		if err != nil {
			require.True(t, secret.IsZero())
			return
		}
		require.Equal(t, text, secret.Reveal())
		require.Equal(t, !strings.HasPrefix(text, "cs_"), Imported(secret))
		if !Imported(secret) {
			require.True(t, strings.HasPrefix(text, "cs_"+environment+"_"))
		}
	})
}

var (
	scopes = regexp.MustCompile(`^[!#-&(-+\--\[\]-~]{1,128}$`)
	tiers  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	fields = regexp.MustCompile(`^ [A-Za-z0-9_-]{0,24}$`)
	madeID = regexp.MustCompile(`^ck_([a-z0-9-]{1,64})_`)
)

// FuzzChecks holds the checks of single fields against their grammar.
func FuzzChecks(f *testing.F) {
	f.Add("orders:read", "live")
	f.Add("ck_live_0123456789abcdef", "test")
	f.Add("a,b", "é")
	f.Add(`a"b'c\d`, "")
	f.Fuzz(func(t *testing.T, text, environment string) {
		for _, err := range []error{CheckScope(text), CheckTier(text), CheckEnvironment(text), CheckIDEnvironment(text, environment), CheckID(text)} {
			quotes(t, err, text)
		}
		require.Equal(t, scopes.MatchString(text), CheckScope(text) == nil)
		require.Equal(t, tiers.MatchString(text), CheckTier(text) == nil)
		require.Equal(t, canonical.ValidRegion(text), CheckEnvironment(text) == nil)
		require.Equal(t, canonical.ValidKeyID(text), CheckID(text) == nil)
		named := madeID.FindStringSubmatch(text)
		require.Equal(t, named != nil && named[1] != environment, CheckIDEnvironment(text, environment) != nil)
		if printed := PrintableField(text); printed != "" {
			require.Regexp(t, fields, printed)
			require.NotContains(t, printed, "cs_")
		}
		dialect, err := ParseDialect(text)
		quotes(t, err, text)
		require.Equal(t, err == nil, dialect != 0)
	})
}
