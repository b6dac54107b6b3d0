package testvectors_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/testvectors"
)

func TestRequestOfHTTP2Fields(t *testing.T) {
	c := testvectors.Case{Layer: testvectors.LayerHTTP2, Remote: "192.0.2.1", Raw: []byte(":method: POST\r\n" +
		":path: /a b?c\r\n:scheme: https\r\n:authority: a.example\r\ncontent-length: 5\r\nx-tag: a\r\nx-tag: b: c\r\n\r\nhello")}
	req, err := c.Request()
	require.NoError(t, err)
	assert.Equal(t, "POST /a b?c a.example HTTP/2.0", req.Method+" "+req.RequestURI+" "+req.Host+" "+req.Proto)
	assert.Equal(t, []string{"a", "b: c"}, req.Header["X-Tag"])
	assert.NotContains(t, req.Header, "Host")
	assert.Equal(t, int64(5), req.ContentLength)
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(body))

	c.Raw = []byte(":method: GET\r\n:path: /\r\nhost: b.example\r\n\r\n")
	req, err = c.Request()
	require.NoError(t, err)
	assert.Equal(t, "b.example", req.Host)
	assert.Equal(t, []string{"b.example"}, req.Header["Host"])
}

func TestRequestOfHTTP2FieldsRefuses(t *testing.T) {
	for name, raw := range map[string]string{
		"no empty line":              ":method: GET\r\n:path: /\r\n",
		"no path":                    ":method: GET\r\n\r\n",
		"no colon":                   ":method: GET\r\n:path: /\r\nhost\r\n\r\n",
		"upper case":                 ":method: GET\r\n:path: /\r\nHost: a\r\n\r\n",
		"pseudo-header behind":       ":method: GET\r\nx-a: b\r\n:path: /\r\n\r\n",
		"a body of an unknown size":  ":method: GET\r\n:path: /\r\n\r\nhello",
		"control character in :path": ":method: GET\r\n:path: /\x01\r\n\r\n",
	} {
		c := testvectors.Case{Layer: testvectors.LayerHTTP2, Raw: []byte(raw)}
		req, err := c.Request()
		assert.Error(t, err, name)
		assert.Nil(t, req, name)
	}
}
