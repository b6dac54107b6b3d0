package echoauth

import (
	"github.com/labstack/echo/v4"

	"github.com/countersign-dev/countersign/server"
)

// BodyCheck is [server.BodyCheck] for Echo: middleware for an API behind a proxy that asks a verifier
// about each request but does not show it the body.
func BodyCheck(maxBody int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if rejection := server.CheckRequestBody(c.Request(), maxBody); rejection != nil {
				rejection.Write(c.Response())
				return nil
			}
			return next(c)
		}
	}
}
