package gateway

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/countersign-dev/countersign/server"
)

// The headers in which a proxy tells of the request that it asks about.
const (
	forwardedMethod        = "X-Forwarded-Method"
	forwardedHost          = "X-Forwarded-Host"
	forwardedURI           = "X-Forwarded-Uri" // the request-target as the client sent it
	forwardedFor           = "X-Forwarded-For"
	forwardedContentLength = "X-Forwarded-Content-Length" // optional: for signers that sign it
)

// ForwardAuth answers a proxy that asks, for each request, whether to let it through: nginx's
// auth_request, Caddy's forward_auth, Traefik's ForwardAuth, Envoy's ext_authz over HTTP. 200 lets it
// through, with headers that say who signed it, which the proxy must copy onto the request; everything
// else does not.
//
// The proxy does not show the body, so that [server.BodyCheck] has to stand in the application.
type ForwardAuth struct {
	Verifier *server.Verifier
	// TrustedProxies are the networks whose word is believed; none means that nobody's is.
	TrustedProxies []netip.Prefix
	// Prefix, if set, says that the question itself has the request's method, host and target, the
	// target behind this prefix, as Envoy asks; else X-Forwarded-Method, -Host and -Uri have them.
	Prefix string
	Logger *slog.Logger

	untrusted rate.Sometimes // bounds what strangers can write into the log
}

// NewForwardAuth returns a handler of questions from trusted proxies; an empty prefix says that they
// ask by X-Forwarded headers.
func NewForwardAuth(verifier *server.Verifier, trustedProxies []netip.Prefix, prefix string, logger *slog.Logger) *ForwardAuth {
	return &ForwardAuth{
		Verifier: verifier, TrustedProxies: trustedProxies, Prefix: prefix, Logger: logger,
		untrusted: rate.Sometimes{Interval: time.Second},
	}
}

// ServeHTTP answers one question.
func (f *ForwardAuth) ServeHTTP(w http.ResponseWriter, question *http.Request) {
	peer, err := netip.ParseAddrPort(question.RemoteAddr)
	if err != nil || !trusted(f.TrustedProxies, peer.Addr()) {
		f.untrusted.Do(func() {
			f.Logger.Warn("refused to answer a proxy that is not trusted: add its network to forward_auth.trusted_proxies",
				"address", question.RemoteAddr)
		})
		server.WriteProblem(w, http.StatusForbidden, "untrusted_proxy", "")
		return
	}
	req, problem := f.original(question)
	if problem != "" {
		f.Logger.Warn("refused a question that does not say what it is about: "+problem, "address", question.RemoteAddr)
		server.WriteProblem(w, http.StatusForbidden, "incomplete_question", "")
		return
	}
	id, err := f.Verifier.VerifyForwarded(req)
	if err != nil {
		server.WriteError(w, err)
		return
	}
	setIdentity(w.Header(), id)
	w.Header().Set("X-Request-Id", id.RequestID)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

// original returns the request that is asked about, or what the question lacks.
func (f *ForwardAuth) original(question *http.Request) (req *http.Request, problem string) {
	req = &http.Request{
		Method: question.Method, RequestURI: question.RequestURI, Host: question.Host, Header: question.Header.Clone(),
		Proto: question.Proto, ProtoMajor: question.ProtoMajor, ProtoMinor: question.ProtoMinor,
		Body: http.NoBody, Trailer: question.Trailer, RemoteAddr: f.client(question),
	}
	if f.Prefix != "" {
		problem = f.cutPrefix(req)
	} else {
		problem = takeForwarded(req)
	}
	if problem == "" {
		problem = takeLength(req)
	}
	if problem != "" {
		return nil, problem
	}
	return req.WithContext(question.Context()), ""
}

func (f *ForwardAuth) cutPrefix(req *http.Request) (problem string) {
	target, found := strings.CutPrefix(req.RequestURI, f.Prefix)
	if !found || target == "" || target[0] != '/' {
		return "its target does not begin with " + f.Prefix + "/: set the same path prefix in the proxy and in forward_auth.prefix"
	}
	req.RequestURI = target
	return ""
}

func takeForwarded(req *http.Request) (problem string) {
	for _, part := range [...]struct {
		name string
		to   *string
	}{{forwardedMethod, &req.Method}, {forwardedHost, &req.Host}, {forwardedURI, &req.RequestURI}} {
		values := req.Header[part.name]
		if len(values) != 1 || values[0] == "" {
			return part.name + " must stand once: set it in the proxy (see examples/proxies)"
		}
		*part.to = values[0]
		delete(req.Header, part.name)
	}
	delete(req.Header, forwardedFor) // what the proxy has added counts against no limit of the client's
	return ""
}

// takeLength puts the request's length in the place of the question's own, which has no body.
func takeLength(req *http.Request) (problem string) {
	lengths := req.Header[forwardedContentLength]
	delete(req.Header, forwardedContentLength)
	delete(req.Header, "Content-Length")
	if len(lengths) > 1 {
		return forwardedContentLength + " stands twice: set it in the proxy (see examples/proxies)"
	}
	if len(lengths) == 1 && lengths[0] != "" {
		req.Header["Content-Length"] = lengths
	}
	return ""
}

// client returns the address of the client: the last one in X-Forwarded-For that is no trusted proxy's,
// or "", which lies in no network, where there is none.
func (f *ForwardAuth) client(question *http.Request) string {
	hops := strings.Split(strings.Join(question.Header[forwardedFor], ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return ""
		}
		if !trusted(f.TrustedProxies, address) {
			return net.JoinHostPort(address.String(), "0")
		}
	}
	return ""
}

func trusted(networks []netip.Prefix, address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(network netip.Prefix) bool { return network.Contains(address) })
}
