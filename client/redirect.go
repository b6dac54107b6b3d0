package client

import (
	"net/http"
	"net/url"
	"strings"
)

// leftOrigin reports whether req follows a redirect, or is the last of several, that led away from
// the origin of the request before it. net/http's client links them by Response and Request.
func leftOrigin(req *http.Request) bool {
	for req.Response != nil {
		previous := req.Response.Request
		if previous == nil || !sameOrigin(previous.URL, req.URL) {
			return true
		}
		req = previous
	}
	return false
}

// sameOrigin reports whether a redirect stays with the server that it came from; from http to https
// on their default ports is the same server.
func sameOrigin(from, to *url.URL) bool {
	if from == nil || to == nil || !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if strings.EqualFold(from.Scheme, to.Scheme) {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	if explicit := u.Port(); explicit != "" {
		return explicit
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
