package client

import (
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// rewrittenByHops are the headers, by their names in canonical MIME form, that a client, proxy or
// load balancer on the way adds, drops or changes; a signature over them would fail for no fault of
// the sender's.
var rewrittenByHops = map[string]bool{
	// Of the connection, not of the request.
	"Connection": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Upgrade": true, "Expect": true, "Http2-Settings": true, "Early-Data": true, "Priority": true,
	"Max-Forwards": true,
	// A hop may send the body in chunks, or gather it; the payload hash binds it anyway.
	"Content-Length": true,
	// Added and changed by HTTP libraries and CDNs.
	"Accept-Encoding": true, "User-Agent": true, "Cdn-Loop": true,
	// HTTP/2 splits cookies and hops join them again; load balancers add theirs.
	"Cookie": true,
	// Who asked, as hops see it.
	"Forwarded": true, "Via": true, "X-Real-Ip": true, "True-Client-Ip": true, "Cf-Connecting-Ip": true,
	// Traces, to which every hop adds its span.
	"Traceparent": true, "Tracestate": true, "Baggage": true, "B3": true, "Uber-Trace-Id": true,
	"Sentry-Trace": true, "X-Amzn-Trace-Id": true, "X-Cloud-Trace-Context": true,
	"X-Request-Id": true, "X-Correlation-Id": true,
}

var prefixesRewrittenByHops = [...]string{"X-Forwarded-", "Proxy-", "X-B3-", "X-Datadog-", "X-Envoy-"}

// worthSigning reports whether a header that the caller set is signed: all but those that hops
// rewrite, and those too if the verifier's policy wants them.
func worthSigning(name string, rules *canonical.Rules) bool {
	rewritten := rewrittenByHops[name]
	for _, prefix := range prefixesRewrittenByHops {
		rewritten = rewritten || strings.HasPrefix(name, prefix)
	}
	return !rewritten || slices.ContainsFunc(rules.RequireSigned, func(required string) bool {
		return strings.EqualFold(required, name)
	})
}

// appendNames appends to names, in canonical MIME form and unsorted, the headers of the caller that
// are to be signed, host aside.
func (s *Signer) appendNames(names []string, header http.Header, ours *canonical.DialectNames) ([]string, error) {
	for name, values := range header {
		if len(values) == 0 {
			continue // net/http does not send it
		}
		switch name {
		case "Host", "Authorization", ours.Date, ours.Nonce, ours.ContentSHA256:
			continue
		}
		if canonicalKey := textproto.CanonicalMIMEHeaderKey(name); canonicalKey != name {
			return names, refuse(canonical.BadHeader, "the header "+strconv.Quote(name)+" stands in the map as "+
				"net/http never keeps it: set it with Header.Set, which makes it "+strconv.Quote(canonicalKey))
		}
		if worthSigning(name, &s.rules) {
			names = append(names, name)
		}
	}
	return names, nil
}

// appendSignedHeaders sorts names and appends them in lower case, joined by ";". SPEC §3.5.
func appendSignedHeaders(dst []byte, names []string) []byte {
	slices.SortFunc(names, compareLower)
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ';')
		}
		for j := 0; j < len(name); j++ {
			dst = append(dst, lower(name[j]))
		}
	}
	return dst
}

// compareLower orders a and b as their lower-case forms.
func compareLower(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
