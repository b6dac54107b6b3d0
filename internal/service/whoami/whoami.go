// Package whoami answers a signed request with who signed it: the one thing that the service can
// say without an API behind it, and what a client tries first.
package whoami

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/countersign-dev/countersign/server"
)

// Answer is the JSON body of /whoami.
type Answer struct {
	KeyID       string    `json:"key_id"`
	Environment string    `json:"environment"`
	Scopes      []string  `json:"scopes"`
	Dialect     string    `json:"dialect"`
	SignedAt    time.Time `json:"signed_at"`
	RequestID   string    `json:"request_id"`
}

// Handler answers GET and POST with the identity that a verifier has put into the context, and
// refuses where there is none.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /whoami", answer)
	mux.HandleFunc("POST /whoami", answer)
	return mux
}

func answer(w http.ResponseWriter, req *http.Request) {
	id, ok := server.IdentityFrom(req.Context())
	if !ok {
		http.Error(w, "no verifier stands before this handler", http.StatusInternalServerError)
		return
	}
	scopes := id.Scopes
	if scopes == nil {
		scopes = []string{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// A client that has gone away is no error of ours.
	_ = json.NewEncoder(w).Encode(Answer{
		KeyID: id.KeyID, Environment: id.Environment, Scopes: scopes,
		Dialect: id.Dialect.String(), SignedAt: id.SignedAt, RequestID: id.RequestID,
	})
}
