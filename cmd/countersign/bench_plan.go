package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/workload"
)

// plan returns what to send and where to; how fast and how long is left open. For a replay, the
// request has been sent, and accepted, once.
func (o *benchOptions) plan(ctx context.Context, stdin io.Reader, target string) (workload.Plan, error) {
	base, sign, err := o.signing(ctx)
	if err != nil {
		return workload.Plan{}, err
	}
	var body []byte
	if o.given("data") {
		if body, err = readData(o.data, stdin); err != nil {
			return workload.Plan{}, err
		}
	}
	method := o.method
	switch {
	case method == "" && o.given("data"):
		method = http.MethodPost
	case method == "":
		method = http.MethodGet
	case strings.ContainsAny(method, "/: "):
		return workload.Plan{}, usagef("-X %q is no method: write -X POST", method)
	}
	headers, bearer, err := o.takeAuthorization()
	if err != nil {
		return workload.Plan{}, err
	}
	build := func() (*http.Request, error) {
		req, err := buildRequest(ctx, method, target, base, headers, body)
		if err == nil && bearer != "" {
			req.Header.Set("Authorization", bearer)
		}
		return req, err
	}
	first, err := build()
	if err != nil {
		return workload.Plan{}, err
	}
	plan := workload.Plan{Endpoint: workload.EndpointOf(first.URL), Method: method, Timeout: o.timeout}
	plan.Source = func() (workload.Source, error) {
		req, err := build()
		if err != nil {
			return nil, err
		}
		return workload.FromRequest(req, sign)
	}
	if o.replay {
		return replayed(ctx, plan)
	}
	return plan, nil
}

// signing returns COUNTERSIGN_URL, which may be empty, and what signs a request; nil if nothing does.
func (o *benchOptions) signing(ctx context.Context) (base string, sign func(*http.Request) error, err error) {
	dialect, ok := canonical.ParseDialect(o.dialect)
	if !ok {
		return "", nil, usagef("--dialect is cs4 or aws4, not %q", o.dialect)
	}
	if o.unsigned {
		if o.settings.envFile == "" {
			return os.Getenv("COUNTERSIGN_URL"), nil, nil
		}
		settings, err := client.FromFile(o.settings.envFile)
		return settings.URL, nil, err
	}
	settings, err := o.settings.forSigning()
	if err != nil {
		return "", nil, err
	}
	signer := client.NewSigner(settings.Credentials, settings.Target, client.WithDialect(dialect))
	return settings.URL, signer.Sign, signer.Check(ctx)
}

// takeAuthorization returns the headers of -H but Authorization, which buildRequest would refuse,
// and its value: what is not signed may carry a token of another scheme.
func (o *benchOptions) takeAuthorization() (headers []string, value string, err error) {
	if !o.unsigned {
		return o.headers, "", nil
	}
	for _, line := range o.headers {
		name, rest, found := strings.Cut(line, ":")
		if !found || textproto.CanonicalMIMEHeaderKey(name) != "Authorization" {
			headers = append(headers, line)
			continue
		}
		if value != "" || strings.ContainsAny(rest, "\r\n\x00") {
			return nil, "", usagef("-H Authorization: give it once, in one line")
		}
		value = strings.Trim(rest, " \t")
	}
	return headers, value, nil
}

// replayed sends one request, which must be accepted, and returns the plan to send it again.
func replayed(ctx context.Context, plan workload.Plan) (workload.Plan, error) {
	source, err := plan.Source()
	if err != nil {
		return plan, err
	}
	wire, err := source()
	if err != nil {
		return plan, err
	}
	plan.Source = func() (workload.Source, error) { return workload.Repeat(wire), nil }
	once, meter := plan, workload.NewMeter()
	once.Requests, once.Connections = 1, 1
	if err := workload.Run(ctx, once, meter); err != nil {
		return plan, err
	}
	report := meter.Report()
	if report.Failure != nil {
		return plan, fmt.Errorf("the first request, which is to be replayed, was not answered: %w", report.Failure)
	}
	for _, answer := range report.Answers {
		if answer.Status < 200 || answer.Status > 299 {
			return plan, fmt.Errorf("the first request, which is to be replayed, was answered %s: it has to be accepted", describeAnswer(answer.Answer))
		}
	}
	return plan, nil
}

// describeAnswer writes a status with its code, if it has one.
func describeAnswer(answer workload.Answer) string {
	if answer.Code == "" {
		return fmt.Sprint(answer.Status)
	}
	return fmt.Sprintf("%d %s", answer.Status, answer.Code)
}
