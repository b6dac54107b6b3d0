package secretuse

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// Answer is the JSON of GET /keys/{id}.
type Answer struct {
	KeyID string `json:"key_id"`
	// WatchedSince is when this process began to look: it knows nothing of what was before.
	WatchedSince time.Time `json:"watched_since"`
	// Secrets are the active ones as the verifier has them now, newest first.
	Secrets []Secret `json:"secrets"`
}

// Secret is one of them; nothing of its text is told.
type Secret struct {
	Index int `json:"index"` // 0 is the newest
	// NotAfter is the last instant at which it is accepted; null: no end.
	NotAfter *time.Time `json:"not_after"`
	// LastUsed is when a request was last signed with it while another was newer; null: not since
	// WatchedSince, and always for the newest.
	LastUsed *time.Time `json:"last_used"`
}

// Handler answers GET /keys/{id} with an [Answer]; with 404 for a key that the verifier does not
// know, and with 503 while it cannot tell. It belongs on the operators' listener.
func (r *Recorder) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys/{id}", r.answer)
	return mux
}

func (r *Recorder) answer(w http.ResponseWriter, req *http.Request) {
	id := req.PathValue("id")
	key, err := (*server.Key)(nil), server.ErrUnknownKey
	if canonical.ValidKeyID(id) {
		key, err = r.keys.Key(req.Context(), id)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case errors.Is(err, server.ErrUnknownKey):
		write(w, http.StatusNotFound, map[string]string{"error": "the verifier knows no key of that id"})
		return
	case err != nil:
		write(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		return
	}
	now := r.now()
	answer := Answer{KeyID: id, WatchedSince: r.began.UTC(), Secrets: []Secret{}}
	for i, secret := range key.Secrets {
		if !secret.NotAfter.IsZero() && now.After(secret.NotAfter) {
			continue
		}
		element := Secret{Index: i, NotAfter: orNull(secret.NotAfter)}
		if i > 0 {
			element.LastUsed = orNull(r.last(id, secret.Secret))
		}
		answer.Secrets = append(answer.Secrets, element)
	}
	write(w, http.StatusOK, answer)
}

func write(w http.ResponseWriter, status int, answer any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // whoever has gone away is no error of ours
}

func orNull(instant time.Time) *time.Time {
	if instant.IsZero() {
		return nil
	}
	utc := instant.UTC()
	return &utc
}
