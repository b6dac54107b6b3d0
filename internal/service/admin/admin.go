// Package admin answers the questions of those who run the service: is it alive, and can it accept
// requests? It belongs on a listener of its own, which clients cannot reach.
package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Check is one thing that must be well for the service to accept requests.
type Check struct {
	Name string
	// State returns what an operator should know, "" for nothing, or an error that says what is
	// wrong and what to do.
	State func(context.Context) (note string, err error)
}

// probeTimeout bounds all checks of one probe together.
const probeTimeout = 2 * time.Second

type report struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// Handler answers GET /healthz with 200 while the process lives, and GET /readyz with 200 when
// every check passes, else 503, each check named with its state.
func Handler(checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, report{Status: "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), probeTimeout)
		defer cancel()
		status, answer := http.StatusOK, report{Status: "ready", Checks: make(map[string]string)}
		for _, check := range checks {
			note, err := check.State(ctx)
			if err != nil {
				note = err.Error()
				status, answer.Status = http.StatusServiceUnavailable, "not ready"
			}
			answer.Checks[check.Name] = cmp.Or(note, "ready")
		}
		write(w, status, answer)
	})
	return mux
}

func write(w http.ResponseWriter, status int, answer report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a prober that has gone away is no error of ours
}
