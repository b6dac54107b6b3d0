package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/badgerstore"
	"github.com/countersign-dev/countersign/server"
	"github.com/countersign-dev/countersign/server/echoauth"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// What stands before the routes.
const (
	Plain    = "plain"    // nothing
	JWT      = "jwt"      // Echo's own JWT middleware, HS256
	Verifier = "verifier" // Countersign, with its keys in a file and its claims on Badger (os)
)

// What both ends know.
const (
	region     = "live"
	orders     = "orders"
	jwtKey     = "a JWT secret of the benchmarks, of more than 32 bytes"
	anyone     = "ck_live_0000000000000000" // who calls, where nobody asks
	keyFile    = "keys.yaml"
	claimsPath = "claims"
)

// app is an Echo API behind a contestant.
type app struct {
	echo   *echo.Echo
	caller func(echo.Context) string // who calls, or ""
	close  func() error
}

// newApp makes an API. The directory holds the verifier's key file, and gets its claims.
func newApp(contestant, directory string) (*app, error) {
	a := &app{echo: echo.New(), close: func() error { return nil }}
	a.echo.HideBanner, a.echo.HidePort = true, true
	switch contestant {
	case Plain:
		a.caller = func(echo.Context) string { return anyone }
	case JWT:
		a.echo.Use(echojwt.JWT([]byte(jwtKey)))
		a.caller = subject
	case Verifier:
		if err := a.verify(directory); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("no contestant is called %q", contestant)
	}
	a.echo.GET("/v1/orders/:id", a.answer)
	a.echo.POST("/v1/orders/:id", a.answer)
	return a, nil
}

// verify puts the verifier before all routes, set up as the README does.
func (a *app) verify(directory string) error {
	quiet := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	keys, err := filekeys.Open(filepath.Join(directory, keyFile), filekeys.Options{Logger: quiet})
	if err != nil {
		return err
	}
	claims, err := badgerstore.Open(context.Background(), filepath.Join(directory, claimsPath), badgerstore.Options{Initial: nonce.New, Logger: quiet})
	if err != nil {
		return err
	}
	verifier, err := server.NewVerifier(keys, claims, server.Policy{Region: region, Service: orders})
	if err != nil {
		return err
	}
	a.echo.Pre(echoauth.Middleware(verifier))
	a.caller, a.close = signer, func() error { return errors.Join(keys.Close(), claims.Close()) }
	return nil
}

func signer(c echo.Context) string {
	id, ok := echoauth.Identity(c)
	if !ok {
		return ""
	}
	return id.KeyID
}

// subject is who the token names.
func subject(c echo.Context) string {
	token, ok := c.Get("user").(*jwt.Token)
	if !ok {
		return ""
	}
	name, err := token.Claims.GetSubject()
	if err != nil {
		return ""
	}
	return name
}

type order struct {
	ID     string `json:"id"`
	Caller string `json:"caller"`
	Bytes  int64  `json:"bytes"`
}

// answer is the handler of all routes.
func (a *app) answer(c echo.Context) error {
	caller := a.caller(c)
	if caller == "" {
		return c.NoContent(http.StatusInternalServerError) // nobody has let it through
	}
	size, err := io.Copy(io.Discard, c.Request().Body)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, order{ID: c.Param("id"), Caller: caller, Bytes: size})
}
