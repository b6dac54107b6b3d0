package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// buildRequest makes the request that the command line describes. base is COUNTERSIGN_URL, to which a
// target that is a path is added.
func buildRequest(ctx context.Context, method, target, base string, headers []string, body []byte) (*http.Request, error) {
	if err := checkMethod(method); err != nil {
		return nil, err
	}
	address, err := resolve(target, base)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, usageError{err}
	}
	if err := tidyURL(req.URL); err != nil {
		return nil, err
	}
	req.Host = req.URL.Host
	for _, line := range headers {
		if err := addHeader(req, line); err != nil {
			return nil, err
		}
	}
	return req, nil
}

// checkMethod catches arguments that were swapped, and methods in lower case: case matters, and no
// server knows "get".
func checkMethod(method string) error {
	switch upper := strings.ToUpper(method); upper {
	case method:
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return usagef("write the method in upper case: %s", upper)
	}
	if strings.ContainsAny(method, "/:") {
		return usagef("the first argument is the method: countersign sign GET %s", method)
	}
	return nil
}

// resolve returns the whole URL of a target.
func resolve(target, base string) (string, error) {
	switch {
	case strings.HasPrefix(target, "http://"), strings.HasPrefix(target, "https://"):
		return target, nil
	case !strings.HasPrefix(target, "/"):
		return "", usagef("%q is neither a URL nor a path: begin it with https://, http:// or /", target)
	case base == "":
		return "", usagef("%s is a path: set COUNTERSIGN_URL, or give the whole URL", target)
	case !strings.HasPrefix(base, "http://") && !strings.HasPrefix(base, "https://"):
		return "", usagef("COUNTERSIGN_URL is %q: begin it with https:// or http://", base)
	}
	return strings.TrimSuffix(base, "/") + target, nil
}

// tidyURL brings a URL into the form in which curl and net/http send the same Host.
func tidyURL(u *url.URL) error {
	if u.User != nil {
		return usagef("the URL holds a user and password, which would be sent beside the signature: remove them")
	}
	if u.Host == "" {
		return usagef("the URL has no host")
	}
	if strings.IndexFunc(u.Host, func(r rune) bool { return r > 0x7e }) >= 0 {
		return usagef("the host is not ASCII: write it as xn--…")
	}
	u.Host = strings.ToLower(u.Host)
	if host, port, err := net.SplitHostPort(u.Host); err == nil && (port == "" || port == map[string]string{"http": "80", "https": "443"}[u.Scheme]) {
		u.Host = host
		if strings.Contains(host, ":") {
			u.Host = "[" + host + "]"
		}
	}
	u.Fragment, u.RawFragment = "", ""
	return nil
}

// addHeader adds a 'Name: value' line of -H.
func addHeader(req *http.Request, line string) error {
	cs4, aws4 := canonical.CS4.Names(), canonical.AWS4.Names()
	name, value, found := strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case !found || name == "" || strings.ContainsAny(name, " \t"):
		return usagef("-H %q is not of the form 'Name: value'", line)
	case strings.ContainsAny(value, "\r\n\x00"):
		return usagef("-H %s: a value is one line", name)
	}
	switch name {
	case "Authorization", cs4.Date, cs4.Nonce, cs4.ContentSHA256, aws4.Date, aws4.Nonce, aws4.ContentSHA256:
		return usagef("-H %s: leave it out, signing sets it", name)
	case "Host":
		req.Host = value
	case "Content-Length", "Transfer-Encoding", "Trailer", "Connection", "Expect":
		return usagef("-H %s: leave it out, it is not yours to set", name)
	default:
		req.Header.Add(name, value)
	}
	return nil
}
