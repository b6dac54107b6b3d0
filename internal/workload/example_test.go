package workload_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/countersign-dev/countersign/internal/workload"
)

func Example() {
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer api.Close()
	address, err := url.Parse(api.URL)
	if err != nil {
		log.Fatal(err)
	}
	meter := workload.NewMeter()
	err = workload.Run(context.Background(), workload.Plan{
		Endpoint: workload.EndpointOf(address), Method: "GET", Rate: 1000, Requests: 100, Connections: 4,
		Source: func() (workload.Source, error) {
			req, err := http.NewRequest("GET", api.URL, nil)
			if err != nil {
				return nil, err
			}
			return workload.FromRequest(req, nil) // or sign it: (*client.Signer).Sign
		},
	}, meter)
	if err != nil {
		log.Fatal(err)
	}
	for _, answer := range meter.Report().Answers {
		fmt.Println(answer.Count, "answers with status", answer.Status)
	}
	// Output: 100 answers with status 200
}
