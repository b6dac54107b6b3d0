package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzAllowsSource: whatever stands as a peer's address, it lies in a network only if it is an IP
// address there.
func FuzzAllowsSource(f *testing.F) {
	for _, address := range []string{"10.1.2.3:4711", "[2001:db8::7]:1", "[fe80::1%eth0]:1", "@", "", "10.1.2.3, 192.0.2.1", "[::ffff:10.1.2.3]:1"} {
		f.Add(address)
	}
	networks := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32")}
	ten, documentation := net.IPNet{IP: net.IP{10, 1, 0, 0}, Mask: net.CIDRMask(16, 32)}, net.IPNet{IP: net.ParseIP("2001:db8::"), Mask: net.CIDRMask(32, 128)}
	f.Fuzz(func(t *testing.T, address string) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		plain, _, zoned := strings.Cut(host, "%")
		ip := net.ParseIP(plain)
		if zoned && (ip == nil || ip.To4() != nil || host[len(plain)+1:] == "") {
			ip = nil // only IPv6 has zones
		}
		require.Equal(t, ip != nil && (ten.Contains(ip) || documentation.Contains(ip)), allowsSource(networks, address))
		require.True(t, allowsSource(nil, address))
	})
}

var simplePattern = regexp.MustCompile(`^(?:(GET|HEAD|POST|PUT|DELETE) )?((?:/(?:[a-z0-9._~-]+|\{[a-z]+\}))*/?)(\{[a-z]+\.\.\.\}|\{\$\})?$`)

// matches says what a simple pattern means: of segments that are given or named, and at its end all
// that follows a slash, or nothing more.
func matches(pattern []string, method, path string) bool {
	if pattern[1] != "" && pattern[1] != method && !(pattern[1] == "GET" && method == "HEAD") {
		return false
	}
	wanted, given := strings.Split(pattern[2], "/")[1:], strings.Split(path, "/")[1:]
	all := wanted[len(wanted)-1] == "" && pattern[3] != "{$}"
	if len(given) < len(wanted) || len(given) > len(wanted) && !all {
		return false
	}
	for i, segment := range wanted {
		last := i == len(wanted)-1 && segment == ""
		if !last && !(strings.HasPrefix(segment, "{") && given[i] != "") && segment != given[i] || last && !all && given[i] != "" {
			return false
		}
	}
	return true
}

var (
	parameters   = regexp.MustCompile(`;[^/]*`)
	escapedSlash = regexp.MustCompile(`(?i)%2f`)
)

// FuzzRoutes reads patterns: none makes the mux panic through, and a simple one matches just what it
// says.
func FuzzRoutes(f *testing.F) {
	for _, pattern := range []string{"GET /v1/orders/{id}", "/v1/", "POST /a/{rest...}", "/{$}", "GET  /a", "/a{b}", "/{x}/{x}", "api.example/a", "/%61", "GET /a b", "/ü"} {
		f.Add(pattern, "GET", "/v1/orders/7")
		f.Add(pattern, "HEAD", "/a/b%2Fc/")
		f.Add(pattern, "GET", "/v1/orders;x/7%5C")
	}
	f.Fuzz(func(t *testing.T, pattern, method, path string) {
		list := []Route{{Match: pattern}}
		r, err := newRoutes(list)
		require.Equal(t, err == nil, CheckRoutes(list) == nil)
		if err != nil {
			require.Nil(t, r)
			require.NotContains(t, err.Error(), ".go:", "our source code is told")
			return
		}
		// Only what has passed the rules of SPEC §4.2 is looked up.
		decoded, err := url.PathUnescape(path)
		if err != nil || !strings.HasPrefix(path, "/") {
			return
		}
		plain := parameters.ReplaceAllString(strings.ReplaceAll(decoded, `\`, "/"), "")
		segments := strings.Split(plain, "/")[1:]
		if slices.Contains(segments[:len(segments)-1], "") || slices.Contains(segments, ".") || slices.Contains(segments, "..") {
			return
		}
		route, found := r.find(method, path)
		if found {
			require.Equal(t, pattern, route.Match)
		}
		simple := simplePattern.FindStringSubmatch(pattern)
		if simple == nil || simple[2] == "" || simple[3] != "" && !strings.HasSuffix(simple[2], "/") || method == http.MethodConnect {
			return
		}
		// Nor may a server that drops path parameters take it for another route's.
		// Nor one that splits a path before it decodes it: there an escaped slash is no separator.
		whole, err := url.PathUnescape(escapedSlash.ReplaceAllString(path, "%01"))
		require.NoError(t, err)
		wholePlain := parameters.ReplaceAllString(strings.ReplaceAll(whole, `\`, "/"), "")
		every := true
		for _, reading := range []string{decoded, plain, whole, wholePlain} {
			every = every && matches(simple, method, reading)
		}
		require.Equal(t, every, found, "%s for %s %s", pattern, method, path)
	})
}
