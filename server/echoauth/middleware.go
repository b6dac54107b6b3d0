// Package echoauth puts a verifier in front of an Echo v4 API. [Middleware] is what most programs
// need, with [RequireScope] on the routes behind it.
package echoauth

import (
	"github.com/labstack/echo/v4"

	"github.com/countersign-dev/countersign/server"
)

// Middleware returns middleware that lets verified requests through, with their identity in the
// context, and answers all others with problem+json.
//
// Register it with Echo.Pre, before anything that rewrites a request or reads its body; what runs
// before it sees requests that nobody has verified. It reads the peer's address from the
// connection, never from Echo's RealIP, whose headers anybody can send.
func Middleware(v *server.Verifier) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			req := c.Request()
			id, err := v.Verify(req)
			if err != nil {
				server.WriteError(c.Response(), err)
				return nil
			}
			c.Response().Header().Set(echo.HeaderXRequestID, id.RequestID)
			c.SetRequest(req.WithContext(server.NewContext(req.Context(), id)))
			return next(c)
		}
	}
}

// Identity returns who signed the request; ok is false where no verifier has accepted it.
func Identity(c echo.Context) (id *server.Identity, ok bool) {
	return server.IdentityFrom(c.Request().Context())
}

// RequireScope returns middleware that lets a request through if its key has the scope, and
// answers 403 otherwise, also where there is no identity.
func RequireScope(scope string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			id, _ := Identity(c)
			if rejection := server.CheckScope(id, scope); rejection != nil {
				rejection.Write(c.Response())
				return nil
			}
			return next(c)
		}
	}
}
