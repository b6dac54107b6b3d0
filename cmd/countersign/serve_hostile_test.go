package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/internal/countersigntest"
)

// hostile are bytes that nobody who means well sends. Most are made from a request that is signed as
// it should be, so that a claim would be granted if the rest did not matter.
func hostile(t *testing.T, signer *client.Signer) map[string]string {
	get := wireRequest(t, signer, "GET", "/whoami", "")
	post := wireRequest(t, signer, "POST", "/whoami", strings.Repeat("x", 40_000))
	head, body, _ := strings.Cut(post, "\r\n\r\n")
	chunked := swap(t, head, "Content-Length: 40000", "Transfer-Encoding: chunked") + "\r\n\r\n9c40\r\n" + body + "\r\n"
	unsigned := "GET /whoami HTTP/1.1\r\nHost: api.example\r\n\r\n"
	many := func(n int, format string) string {
		var lines strings.Builder
		for i := range n {
			fmt.Fprintf(&lines, format, i)
		}
		return lines.String()
	}
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 4<<10)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	return map[string]string{
		"60,000 headers":               swap(t, get, "Host:", many(60_000, "X-H%d: v\r\n")+"Host:"),
		"60,000 lines of one header":   swap(t, get, "Host:", strings.Repeat("A: b\r\n", 60_000)+"Host:"),
		"40 KiB of short headers":      swap(t, get, "Host:", strings.Repeat("A:b\r\n", 8<<10)+"Host:"),
		"a query of 1 MiB":             swap(t, get, "/whoami", "/whoami?"+strings.Repeat("a", 1<<20)),
		"a query of 40 KiB":            swap(t, get, "/whoami", "/whoami?"+strings.Repeat("a&", 20<<10)),
		"a path of 1 MiB":              swap(t, get, "/whoami", strings.Repeat("/a", 1<<19)),
		"SignedHeaders of 64 KiB":      swap(t, get, "SignedHeaders=", "SignedHeaders="+strings.Repeat("a;", 32<<10)),
		"SignedHeaders of 40 KiB":      swap(t, get, "SignedHeaders=", "SignedHeaders="+strings.Repeat("a;", 20<<10)),
		"Connection of 40 KiB":         swap(t, get, "Host:", "Connection: "+strings.Repeat("a,", 20<<10)+"\r\nHost:"),
		"a query at the limit":         swap(t, get, "/whoami", "/whoami?a="+strings.Repeat("%2f", 5400)),
		"a body of 1 MiB, changed":     swap(t, wireRequest(t, signer, "POST", "/whoami", strings.Repeat("x", 1<<20)), "xxxx", "xxxy"),
		"a body beyond the limit":      wireRequest(t, signer, "POST", "/whoami", strings.Repeat("x", 1<<20+1)),
		"half a head":                  get[:len(get)/2],
		"half a body":                  post[:len(post)-20_000],
		"a body without its last byte": post[:len(post)-1],
		"no byte of the body":          head + "\r\n\r\n",
		"half a chunk":                 chunked[:len(chunked)-20_000],
		"chunks without an end":        chunked,
		"a chunk of a wrong length":    swap(t, chunked, "9c40\r\n", "9c41\r\n") + "0\r\n\r\n",
		"a trailer":                    chunked + "0\r\nX-Admin: true\r\n\r\n",
		"a declared trailer":           swap(t, chunked, "Host:", "Trailer: X-Admin\r\nHost:") + "0\r\nX-Admin: true\r\n\r\n",
		"the nonce as a trailer":       swap(t, chunked, "X-Countersign-Nonce:", "X-Other:") + "0\r\nX-Countersign-Nonce: 0123456789abcdef\r\n\r\n",
		"length and chunks":            swap(t, post, "Host:", "Transfer-Encoding: chunked\r\nHost:"),
		"two lengths":                  swap(t, post, "Host:", "Content-Length: 1\r\nHost:"),
		"two hosts":                    swap(t, get, "Host:", "Host: other.example\r\nHost:"),
		"two signatures":               swap(t, get, "Host:", "Authorization: Bearer x\r\nHost:"),
		"pseudo-headers of HTTP/2":     swap(t, get, "Host:", ":path: /admin\r\n:method: DELETE\r\nHost:"),
		"the preface of HTTP/2":        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + string(noise),
		"a TLS greeting":               "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + string(noise),
		"noise":                        string(noise),
		"noise behind a request":       unsigned + string(noise),
		"noise behind half a request":  get[:len(get)/2] + string(noise),
		"noise behind a short body":    swap(t, post, "Content-Length: 40000", "Content-Length: 100"),
		"100 requests without an end":  strings.Repeat(unsigned, 100) + "GET /",
		"a request within a body":      swap(t, post, body, swap(t, unsigned, "GET", "POST")+get),
		"NUL":                          swap(t, get, "api.example", "api\x00example"),
		"bare carriage returns":        strings.ReplaceAll(get, "\r\n", "\r"),
	}
}

// TestHostileBytesAreRefusedCheaply sends each 50 times. None is accepted, none claims a nonce, and
// the service computes for less than 5 ms each, on average.
func TestHostileBytesAreRefusedCheaply(t *testing.T) {
	const times, bound = 50, 5 * time.Millisecond
	data := filepath.Join(t.TempDir(), "data")
	s := countersigntest.StartDev(t, "--data", data)
	for name, raw := range hostile(t, devSigner(t, s)) {
		before, known := computed(s)
		for range times {
			require.NotContains(t, sendRaw(t, s, raw), "HTTP/1.1 2", name)
		}
		if after, _ := computed(s); known {
			each := (after - before) / times
			t.Logf("%s: %v", name, each)
			assert.Less(t, each, bound, name)
		}
	}
	hangUpHalfWay(t, s)

	// It serves as before, and the store has counted this request alone.
	req := newRequest(t, s, "/whoami")
	require.NoError(t, devSigner(t, s).Sign(req))
	answer, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, exitDone, s.Stop())
	assert.NotContains(t, s.Log(), "panic")
	assert.EqualValues(t, 1, readStoreInfo(t, filepath.Join(data, "claims")).Claims)
}

// hangUpHalfWay breaks connections off in the middle of a body, with a reset.
func hangUpHalfWay(t *testing.T, s *countersigntest.Service) {
	t.Helper()
	for range 50 {
		raw := wireRequest(t, devSigner(t, s), "POST", "/whoami", strings.Repeat("x", 40_000))
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.Settings["COUNTERSIGN_URL"], "http://"))
		require.NoError(t, err)
		_, err = conn.Write([]byte(raw[:len(raw)-20_000]))
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).SetLinger(0))
		require.NoError(t, conn.Close())
	}
}

// computed returns the CPU time that the service has taken, where the system has /proc.
func computed(s *countersigntest.Service) (time.Duration, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		return 0, false
	}
	// Behind the name, which may hold anything: the 12th and 13th field are ticks of 10 ms.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err1 == nil && err2 == nil
}

// readStoreInfo asks "store info" about a stopped store.
func readStoreInfo(t *testing.T, path string) storeInfo {
	t.Helper()
	out, notes, code := countersigntest.Run(t, "store", "info", "--json", path)
	require.Equal(t, exitDone, code, notes)
	var info storeInfo
	require.NoError(t, json.Unmarshal([]byte(out), &info))
	return info
}
