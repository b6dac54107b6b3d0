package service

import (
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/benchmarks/request"
)

// kinds are what is sent.
func kinds() []request.Kind { return request.Kinds()[:2] }

// credential returns what puts a contestant's credential on a request.
func credential(contestant string, key client.Credentials) (func(*http.Request) error, error) {
	switch contestant {
	case JWT:
		now := time.Now()
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"iss": "https://id.example", "aud": orders, "sub": anyone, "scope": "orders:read orders:write",
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		}).SignedString([]byte(jwtKey))
		return func(req *http.Request) error {
			req.Header.Set("Authorization", "Bearer "+token)
			return nil
		}, err
	case Verifier:
		return client.NewSigner(key, client.Target{Region: region, Service: orders}).Sign, nil
	}
	return nil, nil
}
