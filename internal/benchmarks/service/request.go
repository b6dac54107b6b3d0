package service

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/benchmarks/request"
	"github.com/countersign-dev/countersign/internal/workload"
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

// rendered are requests as they go over the wire, each for one use.
type rendered struct {
	wire []byte
	ends []int
	next atomic.Int64
}

// render makes count requests of a contestant's.
func render(kind request.Kind, address string, prepare func(*http.Request) error, count int) (*rendered, error) {
	req, err := kind.New("http://" + address)
	if err != nil {
		return nil, err
	}
	source, err := workload.FromRequest(req, prepare)
	if err != nil {
		return nil, err
	}
	r := &rendered{ends: make([]int, 0, count)}
	for range count {
		wire, err := source()
		if err != nil {
			return nil, err
		}
		r.wire = append(r.wire, wire...)
		r.ends = append(r.ends, len(r.wire))
	}
	return r, nil
}

// source returns the requests that nobody else has had.
func (r *rendered) source() (workload.Source, error) {
	return func() ([]byte, error) {
		i := int(r.next.Add(1) - 1)
		if i >= len(r.ends) {
			return nil, fmt.Errorf("only %d requests were made", len(r.ends))
		}
		begin := 0
		if i > 0 {
			begin = r.ends[i-1]
		}
		return r.wire[begin:r.ends[i]], nil
	}, nil
}
