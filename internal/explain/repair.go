package explain

import (
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/canonical"
)

// repair looks, where a request breaks a rule, for the one change on the way that both explains it
// and makes the signature match. It knows three: a signed header that was taken off, headers that
// were added, and a scope of another day than the date's.
func (report *Report) repair(in *Input, rules *canonical.Rules, options Options) {
	values := in.Message.Header["Authorization"]
	if options.Secret == "" || in.record != nil || in.BodyMissing || len(values) != 1 {
		return
	}
	authorization, err := canonical.ParseAuthorization(values[0])
	if err != nil {
		return
	}
	r := &repairs{report: report, in: in, rules: rules, options: options}
	switch report.Problems[len(report.Problems)-1].Reason {
	case canonical.MissingHeader:
		r.putBack(authorization)
	case canonical.UnsignedHeader:
		r.takeOff(authorization)
	case canonical.WrongScope:
		r.setDay(authorization)
	}
}

type repairs struct {
	report  *Report
	in      *Input
	rules   *canonical.Rules
	options Options
}

// putBack tries the one signed header that the request lacks, with the values that clients send.
func (r *repairs) putBack(a canonical.Authorization) {
	var missing []string
	for name := range strings.SplitSeq(a.SignedHeaders, ";") {
		if name != "host" && len(r.in.Message.Header[textproto.CanonicalMIMEHeaderKey(name)]) == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) != 1 {
		return
	}
	name := missing[0]
	candidates := append([]string{"", fmt.Sprint(len(r.in.Body))}, usual[name]...)
	for _, value := range candidates {
		header := maps.Clone(r.in.Message.Header)
		header[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
		if r.matches(header, nil) {
			r.found("header-taken-off", cause{fmt.Sprintf("%s was signed as %q, and did not arrive", name, value), atEither,
				"leave " + name + " out of the signed headers, or have no hop take it off"})
			return
		}
	}
}

// takeOff tries the request without the headers that would have to be signed, and are not.
func (r *repairs) takeOff(a canonical.Authorization) {
	signed := ";" + a.SignedHeaders + ";"
	header := maps.Clone(r.in.Message.Header)
	var added []string
	for _, name := range slices.Sorted(maps.Keys(r.in.Message.Header)) {
		lower := strings.ToLower(name)
		ours := strings.HasPrefix(lower, "x-amz-") || strings.HasPrefix(lower, "x-countersign-")
		if (ours || mustSign[lower]) && !strings.Contains(signed, ";"+lower+";") {
			delete(header, name)
			added = append(added, name)
		}
	}
	if names := strings.Join(added, " and "); r.matches(header, nil) {
		r.found("header-added", cause{"the signature is right for the request without " + names, atEither,
			"sign " + names + ", or do not send it; if a hop adds it, have the hop leave it"})
	}
}

// mustSign are the names outside of a dialect's prefix that a request must sign. SPEC §3.6.
var mustSign = map[string]bool{
	"content-type": true, "content-encoding": true,
	"x-http-method": true, "x-http-method-override": true, "x-method-override": true,
}

// setDay tries the scope with the day of the date.
func (r *repairs) setDay(a canonical.Authorization) {
	day := a.Scope.Date
	date := r.in.Message.Header[a.Dialect.Names().Date]
	if len(date) != 1 || len(date[0]) < len(day) {
		return
	}
	a.Scope.Date = date[0][:len(day)]
	header := maps.Clone(r.in.Message.Header)
	header["Authorization"] = []string{a.String()}
	if r.matches(header, func(s *signed) { s.scope.Date, s.keyDate = day, day }) || r.matches(header, nil) {
		r.found("scope-date", cause{"the signature is right, but for the day of Credential, " + day + ": the date sent is " + date[0], atClient,
			"take the day from the date that is sent, in UTC, for every request anew"})
	}
}

// matches reports whether the signature is right for the request with other headers, and with its
// pieces as other leaves them.
func (r *repairs) matches(header map[string][]string, other func(s *signed)) bool {
	message := r.in.Message
	message.Header = header
	var request canonical.Request
	if request.Parse(&message, r.rules) != nil {
		return false
	}
	c := &circumstances{in: r.in, request: &request, payload: r.in.payload(request.PayloadHash), options: r.options}
	for _, form := range request.Forms() {
		s := signedPieces(&request, form, r.options.Secret, c.payload.used())
		if other != nil {
			other(&s)
		}
		r.report.Tried++
		if c.matches(s.signature()) {
			return true
		}
	}
	return false
}

func (r *repairs) found(name string, why cause) {
	r.report.Changes = []Change{{Name: name, Cause: why.is, At: why.at, Fix: why.fix}}
}
