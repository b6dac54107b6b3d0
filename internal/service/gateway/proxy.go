package gateway

import (
	"cmp"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// ProxyOptions sets up [NewProxy]. Verifier, Upstream and Logger are required.
type ProxyOptions struct {
	Verifier *server.Verifier
	// Upstream is where verified requests go: scheme and host, no path.
	Upstream *url.URL
	// Stream reports whether a request's body is passed on while it is being checked, for large ones:
	// the upstream then sees a request that breaks off where the body was not the one that was signed.
	// Its hash has to be sent in a content hash header or parameter. Nil, and false, mean that the body
	// is read and checked first.
	Stream func(req *http.Request) bool
	// MaxStreamed bounds the bodies that are streamed, in bytes. Default: 1 GiB.
	MaxStreamed int64
	// Upgrades admits requests that ask for another protocol, such as WebSockets, of which the
	// signature covers no more than the first request. Default: they are refused.
	Upgrades bool
	// Timeout is how long the upstream may take to begin its answer. Default: 60 s.
	Timeout time.Duration
	Logger  *slog.Logger
}

// NewProxy returns a handler that passes verified requests on to an upstream, with headers that say who
// signed them, and answers all others itself. The upstream gets the target that was verified, byte for
// byte, and a body whose every byte was.
func NewProxy(o ProxyOptions) http.Handler {
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.MaxStreamed = cmp.Or(o.MaxStreamed, 1<<30)
	forward := &httputil.ReverseProxy{
		Transport: &http.Transport{ // no Proxy: HTTP_PROXY is not for what lies behind a verifier
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: o.Timeout,
			IdleConnTimeout:       90 * time.Second,
			MaxIdleConnsPerHost:   256,
			DisableCompression:    true, // what the client asked for is what it gets
			ForceAttemptHTTP2:     true,
		},
		FlushInterval: -1, // answers that trickle, such as server-sent events, must not be held back
		Rewrite:       func(r *httputil.ProxyRequest) { rewrite(r, o.Upstream) },
		ModifyResponse: func(answer *http.Response) error {
			answer.Header.Del("X-Request-Id") // the verifier's stands there, that of the log
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, req *http.Request, err error) { o.fail(w, req, err) },
		ErrorLog:     slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		stream := o.Stream != nil && req.ContentLength != 0 && o.Stream(req)
		switch {
		case !o.Upgrades && asksForUpgrade(req):
			server.WriteProblem(w, http.StatusNotImplemented, "upgrade_refused", "")
			return
		case stream && req.ContentLength > o.MaxStreamed:
			server.WriteProblem(w, http.StatusRequestEntityTooLarge, canonical.CodePayloadTooLarge, "")
			return
		}
		id, err := o.verify(w, req, stream)
		if err != nil {
			server.WriteError(w, err)
			return
		}
		w.Header().Set("X-Request-Id", id.RequestID)
		forward.ServeHTTP(w, req.WithContext(server.NewContext(req.Context(), id)))
	})
}

// verify leaves a body in req that ends well only if it is the one that was signed.
func (o *ProxyOptions) verify(w http.ResponseWriter, req *http.Request, stream bool) (*server.Identity, error) {
	if !stream {
		return o.Verifier.Verify(req)
	}
	id, err := o.Verifier.VerifyHead(req)
	if err != nil {
		return nil, err
	}
	received := receivedBody{http.MaxBytesReader(w, req.Body, o.MaxStreamed), req, http.NewResponseController(w)}
	req.Body = server.CheckedBody(received, id.BodySHA256)
	return id, nil
}

// rewrite makes the request to the upstream of a verified one.
func rewrite(r *httputil.ProxyRequest, upstream *url.URL) {
	path, query, hasQuery := strings.Cut(r.In.RequestURI, "?")
	// Opaque is written as it is: nothing is decoded and encoded again on the way.
	r.Out.URL = &url.URL{Scheme: upstream.Scheme, Host: upstream.Host, Opaque: path, RawQuery: query, ForceQuery: hasQuery}
	r.Out.Host = r.In.Host
	r.Out.Header.Del("Expect") // the body is here, or comes
	dropReserved(r.Out.Header)
	id, _ := server.IdentityFrom(r.In.Context())
	setIdentity(r.Out.Header, id)
	r.SetXForwarded()
	sendOnce(r.Out)
}

// sendOnce keeps the transport from sending a request without a body again where a connection broke
// before the answer: the upstream would see twice what was accepted once. It does that to idempotent
// methods, and to the others where a header says so; a body that cannot be read again prevents it. Of
// GET, HEAD and OPTIONS the empty one leaves no trace on the wire, elsewhere it is chunked.
func sendOnce(req *http.Request) {
	if req.Body != nil && req.Body != http.NoBody {
		return
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		req.Body = emptyBody{}
	}
	if req.Header["Idempotency-Key"] != nil || req.Header["X-Idempotency-Key"] != nil {
		req.Body = emptyBody{}
	}
}

func asksForUpgrade(req *http.Request) bool {
	if len(req.Header["Upgrade"]) != 0 || req.Method == http.MethodConnect {
		return true
	}
	for _, value := range req.Header["Connection"] {
		for option := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(option), "upgrade") {
				return true
			}
		}
	}
	return false
}

// fail answers a request that the upstream did not.
func (o *ProxyOptions) fail(w http.ResponseWriter, req *http.Request, err error) {
	id, _ := server.IdentityFrom(req.Context())
	var timeout net.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		o.refuse(w, id, canonical.PayloadTooLarge, err)
	case errors.Is(err, server.ErrBodyMismatch):
		o.refuse(w, id, canonical.BodyMismatch, err)
	case errors.Is(err, errReceiving):
		o.refuse(w, id, canonical.BodyTruncated, err)
	case req.Context().Err() != nil:
		w.WriteHeader(http.StatusBadGateway) // nobody is there to read it
	case errors.As(err, &timeout) && timeout.Timeout():
		o.Logger.Error("the upstream did not answer in time", "request_id", id.RequestID, "error", err)
		server.WriteProblem(w, http.StatusGatewayTimeout, "upstream_timeout", id.RequestID)
	default:
		o.Logger.Error("the upstream did not answer", "request_id", id.RequestID, "error", err)
		server.WriteProblem(w, http.StatusBadGateway, "upstream_unavailable", id.RequestID)
	}
}

// refuse answers as the verifier does, whom the body has shown now what its head did not.
func (o *ProxyOptions) refuse(w http.ResponseWriter, id *server.Identity, reason canonical.Reason, err error) {
	o.Logger.Info("refused by its body", "reason", reason, "request_id", id.RequestID, "key_id", id.KeyID, "error", err)
	o.Verifier.Refuse(id, reason, err).Write(w)
}
