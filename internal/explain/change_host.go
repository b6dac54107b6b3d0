package explain

import (
	"net"
	"net/url"
	"strings"
)

// hostChanges are about the Host, which is what proxies rewrite first of all. What is known of the
// request comes before what is guessed.
func hostChanges(c *circumstances) []change {
	list := []change{}
	if u, err := url.Parse(c.options.URL); err == nil && u.Host != "" {
		list = append(list,
			hostWas("host-of-url", "as COUNTERSIGN_URL has it", u.Host),
			hostWas("host-of-url-without-port", "as COUNTERSIGN_URL has it, without the port", bareHost(u.Host)))
	}
	for _, host := range c.options.Hosts[:min(len(c.options.Hosts), maxHosts)] {
		list = append(list, hostWas("host-given", "as --host has it", host))
	}
	for _, name := range []string{"X-Forwarded-Host", "X-Original-Host"} {
		if values := c.in.Message.Header[name]; len(values) > 0 {
			first, _, _ := strings.Cut(values[0], ",")
			list = append(list, hostWas("host-of-"+strings.ToLower(name), "as "+name+" has it", strings.TrimSpace(first)))
		}
	}
	if values := c.in.Message.Header["Forwarded"]; len(values) > 0 {
		list = append(list, hostWas("host-of-forwarded", "as Forwarded has it", forwardedHost(values[0])))
	}
	host := c.in.Message.Host
	bare := bareHost(host)
	list = append(list, hostWas("host-without-port", "without its port", bare))
	for _, port := range []string{"80", "443", "8080", "8443"} {
		list = append(list, hostWas("host-with-port-"+port, "with the port "+port, bare+":"+port))
	}
	return append(list,
		hostWas("host-lower-case", "in lower case", strings.ToLower(host)),
		hostWas("host-loopback-by-name", "as localhost", strings.Replace(host, "127.0.0.1", "localhost", 1)),
		hostWas("host-loopback-by-address", "as 127.0.0.1", strings.Replace(host, "localhost", "127.0.0.1", 1)))
}

// hostWas is the change of a host that was another when it was signed.
func hostWas(name, how, was string) change {
	return change{name, func(s *signed, c *circumstances) cause {
		host := s.header("host")
		if host == nil || was == "" || was == host.value {
			return cause{}
		}
		host.value = was
		return cause{"the host was signed " + how + " (" + was + "), and arrived as " + c.in.Message.Host, atEither,
			"sign the Host that is sent; have the proxy pass it on as it came (nginx: proxy_set_header Host $http_host)"}
	}}
}

// bareHost returns a host without its port.
func bareHost(host string) string {
	if bare, _, err := net.SplitHostPort(host); err == nil {
		if strings.Contains(bare, ":") {
			return "[" + bare + "]"
		}
		return bare
	}
	return host
}

// forwardedHost returns the host of the first hop in a Forwarded header, or "". RFC 7239.
func forwardedHost(value string) string {
	first, _, _ := strings.Cut(value, ",")
	for pair := range strings.SplitSeq(first, ";") {
		name, host, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "host") {
			return strings.Trim(host, `"`)
		}
	}
	return ""
}
