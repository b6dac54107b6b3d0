package server

import (
	"errors"
	"net/http"
)

// Handler returns middleware that lets verified requests through to next, with their [Identity] in
// the context, and answers all others with problem+json. It must stand before anything that
// rewrites a request.
func (v *Verifier) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		id, err := v.Verify(req)
		if err != nil {
			WriteError(w, err)
			return
		}
		w.Header().Set("X-Request-Id", id.RequestID)
		next.ServeHTTP(w, req.WithContext(NewContext(req.Context(), id)))
	})
}

// WriteError answers a request with the error that [Verifier.Verify] returned; an error that wraps
// no *Rejection is answered 503.
func WriteError(w http.ResponseWriter, err error) {
	var rejection *Rejection
	if !errors.As(err, &rejection) {
		rejection = rejectFor("", err)
		rejection.RequestID = newRequestID()
	}
	rejection.Write(w)
}

// RequireScope returns middleware, to be put behind [Verifier.Handler], that lets a request through
// if its key has the scope, and answers 403 otherwise, also where there is no identity.
func RequireScope(scope string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			id, _ := IdentityFrom(req.Context())
			if rejection := CheckScope(id, scope); rejection != nil {
				rejection.Write(w)
				return
			}
			next.ServeHTTP(w, req)
		})
	}
}
