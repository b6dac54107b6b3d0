package gateway

import (
	"net/http"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// The headers that tell an upstream who signed a request. A request that carries one of them is
// refused (SPEC §3.6), so that no client can send its own.
const (
	headerKeyID       = "X-Countersign-Key-Id"
	headerScopes      = "X-Countersign-Scopes"
	headerEnvironment = "X-Countersign-Environment"
	headerRequestID   = "X-Countersign-Request-Id"
)

// noScopes stands for an empty list: some proxies copy a header without a value as if it were missing.
const noScopes = "-"

// setIdentity writes every one of the identity headers, whatever stood there: what is always set can
// never be a client's own.
func setIdentity(header http.Header, id *server.Identity) {
	scopes := strings.Join(id.Scopes, " ")
	if scopes == "" {
		scopes = noScopes
	}
	header.Set(headerKeyID, id.KeyID)
	header.Set(headerScopes, scopes)
	header.Set(headerEnvironment, id.Environment)
	header.Set(headerRequestID, id.RequestID)
	header.Set(server.BodySHA256Header, id.BodySHA256)
}

// dropReserved removes every header that could pass for one of ours in some server.
func dropReserved(header http.Header) {
	for name := range header {
		if strings.HasPrefix(canonical.PlainName(name), "x-countersign-") {
			delete(header, name)
		}
	}
}
