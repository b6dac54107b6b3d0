package vectorrun

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
)

// TestDifferenceIsTold changes a request between two handlers, one thing at a time.
func TestDifferenceIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		change func(req *http.Request)
		says   string
	}{
		"nothing":            {func(*http.Request) {}, ""},
		"values on one line": {func(req *http.Request) { req.Header["X-Role"] = []string{"reader,writer"} }, ""},
		"unsigned, gone":     {func(req *http.Request) { req.Header.Del("X-Other") }, ""},
		"body, read before": {func(req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(strings.NewReader(string(body)))
		}, ""},
		"method":         {func(req *http.Request) { req.Method = "PUT" }, `method is "PUT" and was "POST"`},
		"target":         {func(req *http.Request) { req.RequestURI = "/b" }, "target"},
		"path":           {func(req *http.Request) { req.URL.Path = "/b" }, "path"},
		"query":          {func(req *http.Request) { req.URL.RawQuery = "b=2" }, "query"},
		"host":           {func(req *http.Request) { req.Host = "other.example" }, "host"},
		"header":         {func(req *http.Request) { req.Header.Set("X-Other", "b") }, "header X-Other"},
		"header more":    {func(req *http.Request) { req.Header.Set("X-New", "") }, "header X-New"},
		"value less":     {func(req *http.Request) { req.Header["X-Role"] = []string{"reader"} }, "header X-Role"},
		"values swapped": {func(req *http.Request) { req.Header["X-Role"] = []string{"writer", "reader"} }, "header X-Role"},
		"signed, gone":   {func(req *http.Request) { req.Header.Del("X-Role") }, "signed header x-role is gone"},
		"body": {func(req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(strings.NewReader(string(body) + "!"))
		}, `body is "hello!" and was "hello"`},
		"body of its own": {func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader("hello")) }, `body is "hello" and was ""`},
		"body cut":        {func(req *http.Request) { req.Body = io.NopCloser(io.MultiReader(req.Body, brokenOff{})) }, "ends in an error"},
		"trailer":         {func(req *http.Request) { req.Trailer = http.Header{"X-Sum": {"1"}} }, "trailers"},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest("POST", "http://api.example/a?a=1", strings.NewReader("hello"))
			require.NoError(t, err)
			req.RequestURI = "/a?a=1"
			req.Header = http.Header{"X-Role": {"reader", "writer"}, "X-Other": {"a"}}
			before := see(req)
			req = req.WithContext(server.NewContext(req.Context(), &server.Identity{SignedHeaders: "host;x-role"}))
			test.change(req)
			after := receive(req)
			if test.says == "" {
				assert.Empty(t, after.differs(before))
				return
			}
			assert.Contains(t, after.differs(before), test.says)
		})
	}
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
