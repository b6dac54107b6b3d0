package workload

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRequestsArePreparedAndSentWhole(t *testing.T) {
	req, err := http.NewRequest("POST", "http://a.example/x?y=z", strings.NewReader("body"))
	require.NoError(t, err)
	prepared := 0
	source, err := FromRequest(req, func(req *http.Request) error {
		prepared++
		req.Header.Set("X-Prepared", fmt.Sprint(prepared))
		_, err := io.Copy(io.Discard, req.Body)
		return err
	})
	require.NoError(t, err)
	for i := range 3 {
		wire, err := source()
		require.NoError(t, err)
		sent, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
		require.NoError(t, err)
		body, err := io.ReadAll(sent.Body)
		require.NoError(t, err)
		assert.Equal(t, "POST /x?y=z a.example body", sent.Method+" "+sent.RequestURI+" "+sent.Host+" "+string(body))
		assert.Equal(t, http.Header{"X-Prepared": {fmt.Sprint(i + 1)}, "Content-Length": {"4"}}, sent.Header)
	}
}

func TestBodiesThatCanBeReadOnceAreRefused(t *testing.T) {
	req, err := http.NewRequest("POST", "http://a.example/", io.MultiReader(strings.NewReader("body")))
	require.NoError(t, err)
	_, err = FromRequest(req, nil)
	assert.ErrorContains(t, err, "GetBody")
}
