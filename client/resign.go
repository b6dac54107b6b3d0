package client

import (
	"net/http"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// earlierSignature are the headers of a signature that a request carried before it is signed
// again.
type earlierSignature struct {
	names  [7]string
	values [7][]string
}

// takeSignature removes from header what an earlier signature of ours, in either dialect, left
// there. It refuses a header with an Authorization of another scheme.
func takeSignature(header http.Header) (taken earlierSignature, err error) {
	authorization := header["Authorization"]
	signed := len(authorization) == 1 && isOurs(authorization[0])
	if len(authorization) != 0 && !signed {
		return taken, refuse(canonical.BadAuthorization, "the request has an Authorization header of another scheme "+
			"already, or its URL a user and password: a request carries one or the other")
	}
	cs4, aws4 := canonical.CS4.Names(), canonical.AWS4.Names()
	taken.names = [...]string{"Authorization", cs4.Date, cs4.Nonce, cs4.ContentSHA256, aws4.Date, aws4.Nonce, aws4.ContentSHA256}
	for i, name := range taken.names {
		taken.values[i] = header[name]
		if signed {
			delete(header, name)
		}
	}
	return taken, nil
}

// restore puts header back as it was before it was signed.
func (e *earlierSignature) restore(header http.Header) {
	for i, name := range e.names {
		if e.values[i] == nil {
			delete(header, name)
		} else {
			header[name] = e.values[i]
		}
	}
}

func isOurs(authorization string) bool {
	for d := canonical.CS4; d <= canonical.AWS4; d++ {
		if rest, found := strings.CutPrefix(authorization, d.Names().Algorithm); found && strings.HasPrefix(rest, " ") {
			return true
		}
	}
	return false
}
