package service

import (
	"context"
	"net/http"

	"github.com/countersign-dev/countersign/internal/benchmarks/request"
)

// Driver is a way to send requests.
type Driver struct {
	Name string
	file string // its name within that of a file
	// prepare makes all requests ready; what it returns sends them, and sees to it that each is
	// answered 200.
	prepare func(load) (func(context.Context) (Result, error), error)
}

// Drivers returns those that are measured with.
func Drivers() []Driver {
	return []Driver{
		{Name: "countersign bench", file: "bench", prepare: prepareWorkload},
		{Name: "http.Client", file: "client", prepare: prepareClient},
	}
}

// load is what is sent in one round.
type load struct {
	address     string
	kind        request.Kind
	credential  func(*http.Request) error // puts it on a request, or nil
	requests    int
	connections int
}
