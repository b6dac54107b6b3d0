package server_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	"github.com/countersign-dev/countersign/server"
)

// unreadable fails the test when it is read.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func (unreadable) Close() error { return nil }

func TestVerifyHeadReadsNoBody(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*signing)
		hash   string
	}{
		"no body":         {func(*signing) {}, sha256Hex("")},
		"content hash":    {func(s *signing) { s.method, s.body, s.hash = "POST", "hello", "body" }, sha256Hex("hello")},
		"presigned, hash": {func(s *signing) { s.method, s.body, s.hash, s.expires = "PUT", "hello", "body", 60 }, sha256Hex("hello")},
		"unsigned":        {func(s *signing) { s.method, s.body, s.hash = "POST", "hello", "UNSIGNED-PAYLOAD" }, "UNSIGNED-PAYLOAD"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newSetup(t, func(u *setup) { u.key.UnsignedPayload = true })
			s := newSigning()
			c.change(&s)
			req := s.request(t)
			req.Body = unreadable{t}
			id, err := u.VerifyHead(req)
			require.NoError(t, err)
			require.Equal(t, c.hash, id.BodySHA256)
			require.Equal(t, unreadable{t}, req.Body)
			_, err = u.VerifyHead(req)
			require.ErrorContains(t, err, "replayed")
		})
	}
}

// TestVerifyHeadTakesNoHashForAnEmptyBody: who signs a body must send its hash to such a verifier.
func TestVerifyHeadTakesNoHashForAnEmptyBody(t *testing.T) {
	u := newSetup(t)
	s := newPost("hello")
	s.hash = ""
	_, err := u.VerifyHead(s.request(t))
	var rejection *server.Rejection
	require.ErrorAs(t, err, &rejection)
	require.Equal(t, canonical.SignatureMismatch, rejection.Reason)
	require.Zero(t, u.store.claims.Load())
}

func TestVerifySaysWhatTheBodyHashesTo(t *testing.T) {
	u := newSetup(t)
	for _, hash := range []string{"", "body"} {
		s := newPost("hello")
		s.hash = hash
		id, err := u.Verify(s.request(t))
		require.NoError(t, err)
		require.Equal(t, sha256Hex("hello"), id.BodySHA256)
	}
}

func TestBodyCheckRefusesWhatWasNotSigned(t *testing.T) {
	hello, empty := sha256Hex("hello"), sha256Hex("")
	for _, c := range []struct {
		name   string
		hashes []string
		body   string
		change func(*http.Request)
		status int
	}{
		{name: "the body", hashes: []string{hello}, body: "hello", status: 204},
		{name: "no body", hashes: []string{empty}, status: 204},
		{name: "not signed", hashes: []string{"UNSIGNED-PAYLOAD"}, body: "anything", status: 204},
		{name: "a body on a signature of none", hashes: []string{empty}, body: "hello", status: 401},
		{name: "another body", hashes: []string{hello}, body: "hellO", status: 401},
		{name: "longer", hashes: []string{hello}, body: "hello!", status: 401},
		{name: "none for one", hashes: []string{hello}, status: 401},
		{name: "no header", body: "hello", status: 400},
		{name: "no header, no body", status: 400},
		{name: "two headers", hashes: []string{hello, empty}, body: "hello", status: 400},
		{name: "empty header", hashes: []string{""}, body: "hello", status: 401},
		{name: "upper case", hashes: []string{strings.ToUpper(hello)}, body: "hello", status: 401},
		{name: "too long", hashes: []string{sha256Hex(strings.Repeat("x", 101))}, body: strings.Repeat("x", 101), status: 413},
		{name: "cut", hashes: []string{hello}, body: "hel", status: 400, change: func(req *http.Request) {
			req.Body = io.NopCloser(io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(io.ErrUnexpectedEOF)))
		}},
		{name: "trailer", hashes: []string{hello}, body: "hello", status: 400, change: func(req *http.Request) {
			req.Trailer = http.Header{"X-Admin": nil}
		}},
		{name: "nil body", hashes: []string{empty}, status: 204, change: func(req *http.Request) { req.Body = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
			req.Header[server.BodySHA256Header] = c.hashes
			if c.change != nil {
				c.change(req)
			}
			reached := false
			answer := httptest.NewRecorder()
			server.BodyCheck(100)(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				reached = true
				body, err := io.ReadAll(req.Body)
				require.NoError(t, err)
				require.Equal(t, c.body, string(body))
				require.EqualValues(t, len(c.body), req.ContentLength)
				w.WriteHeader(204)
			})).ServeHTTP(answer, req)
			require.Equal(t, c.status, answer.Code, answer.Body)
			require.Equal(t, c.status == 204, reached)
		})
	}
}

// TestCheckedBodyDeliversAllOrNotTheEnd: through readers and buffers of every shape.
func TestCheckedBodyDeliversAllOrNotTheEnd(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	body := make([]byte, 300)
	for i := range body {
		body[i] = byte(random.Uint32())
	}
	shapes := map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader,
		"end with data": iotest.DataErrReader, "end with each byte": func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
	}
	for name, shape := range shapes {
		for size := range len(body) {
			for _, buffer := range []int{1, 2, 3, 64, 1000} {
				checked := server.CheckedBody(io.NopCloser(shape(bytes.NewReader(body[:size]))), sha256Hex(string(body[:size])))
				got, err := readIn(checked, buffer)
				require.NoError(t, err, name)
				require.True(t, bytes.Equal(body[:size], got), name)

				checked = server.CheckedBody(io.NopCloser(shape(bytes.NewReader(body[:size]))), sha256Hex("another"))
				got, err = readIn(checked, buffer)
				require.ErrorIs(t, err, server.ErrBodyMismatch, name)
				require.Less(t, len(got), max(size, 1), name)
				_, err = checked.Read(make([]byte, 1))
				require.ErrorIs(t, err, server.ErrBodyMismatch, "and it stays so")
			}
		}
	}
}

func TestCheckedBodyPassesOnErrors(t *testing.T) {
	broken := errors.New("connection reset")
	checked := server.CheckedBody(io.NopCloser(io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken))), sha256Hex("hel"))
	got, err := io.ReadAll(checked)
	require.ErrorIs(t, err, broken)
	require.Equal(t, "he", string(got))
	require.NoError(t, checked.Close())
}

// readIn reads all, size bytes at a time.
func readIn(r io.Reader, size int) ([]byte, error) {
	var all []byte
	for buffer := make([]byte, size); ; {
		n, err := r.Read(buffer)
		all = append(all, buffer[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func TestCheckedBodyLetsAnUnsignedOneBe(t *testing.T) {
	body := io.NopCloser(strings.NewReader("anything"))
	got, err := io.ReadAll(server.CheckedBody(body, canonical.HashUnsignedPayload))
	require.NoError(t, err)
	require.Equal(t, "anything", string(got))
}

// TestVerifyForwardedRefusesHeadersInOtherForms: the application would read another value than was
// signed. Verify and VerifyHead, which rewrite them, accept the same.
func TestVerifyForwardedRefusesHeadersInOtherForms(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		refused bool
	}{
		"one line":       {[]string{"X-Roles: reader,admin"}, false},
		"two lines":      {[]string{"X-Roles: reader", "X-Roles: admin"}, true},
		"a run of space": {[]string{"X-Roles: reader,  admin"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			u := newSetup(t)
			s := newSigning()
			s.headers = c.headers
			_, err := u.VerifyForwarded(s.request(t))
			if !c.refused {
				require.NoError(t, err)
				return
			}
			var rejection *server.Rejection
			require.ErrorAs(t, err, &rejection)
			require.Equal(t, canonical.BadHeader, rejection.Reason)
			require.Contains(t, rejection.Detail, "x-roles")
			require.Equal(t, canonical.BadHeader, u.decision(t).Reason)
			require.Zero(t, u.store.claims.Load(), "a nonce was claimed")
			_, err = u.VerifyHead(s.request(t))
			require.NoError(t, err)
		})
	}
	u := newSetup(t)
	s := newSigning()
	s.headers, s.unsigned = []string{"X-Roles: reader", "X-Roles: admin"}, []string{"x-roles"}
	_, err := u.VerifyForwarded(s.request(t))
	require.NoError(t, err, "what is not signed may have any form")
}

// TestRefusalByTheBodyIsAnsweredAsByVerify: whoever streams a body answers in the same words.
func TestRefusalByTheBodyIsAnsweredAsByVerify(t *testing.T) {
	u := newSetup(t)
	s := newPost("hello")
	id, err := u.VerifyHead(s.request(t))
	require.NoError(t, err)
	late := httptest.NewRecorder()
	u.Refuse(id, canonical.BodyMismatch, server.ErrBodyMismatch).Write(late)
	early := u.requireRefused(t, newPost("hello").edit(t, "\r\n\r\nhello", "\r\n\r\nhellO"), canonical.BodyMismatch)
	require.Equal(t, early.Code, late.Code)
	require.Equal(t, strings.ReplaceAll(early.Body.String(), u.decision(t).RequestID, id.RequestID), late.Body.String())
	early.Header().Set("X-Request-Id", id.RequestID)
	require.Equal(t, early.Header(), late.Header())
}

func TestWriteProblemHasTheFormOfRefusals(t *testing.T) {
	answer := httptest.NewRecorder()
	server.WriteProblem(answer, http.StatusBadGateway, "upstream_unavailable", "")
	require.Equal(t, http.StatusBadGateway, answer.Code)
	body := requireProblem(t, answer, answer.Header().Get("X-Request-Id"))
	require.Equal(t, "upstream_unavailable", body.Code)
}
