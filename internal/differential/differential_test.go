package differential

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/canonical"
	noncestore "github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server"
)

// freshStore grants every claim.
type freshStore struct{}

func (freshStore) Claim(context.Context, noncestore.ID, time.Time, time.Time) error { return nil }
func (freshStore) Close() error                                                     { return nil }

func newVerifier(t testing.TB) *server.Verifier {
	keys := server.NewStaticKeys(&server.Key{
		ID: keyID, Environment: region, Dialects: canonical.Dialects(), UnsignedPayload: true, SignatureNonce: true,
		Secrets: []server.KeySecret{{Secret: canonical.NewSecret(secret)}},
	})
	verifier, err := server.NewVerifier(keys, freshStore{}, server.Policy{
		Region: region, Service: service, Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	return verifier
}

// compare has a signed request verified and signed once more. It returns the rules that predicted a
// difference, or an error for a difference that none did.
func compare(verifier *server.Verifier, raw []byte, r *received) (predicted []string, err error) {
	req, err := read(raw)
	if err != nil {
		return nil, err
	}
	req.RemoteAddr = "192.0.2.7:4711"
	before := req.Header.Clone()
	if _, err := verifier.Verify(req); err != nil {
		return nil, fmt.Errorf("rightly signed, and refused: %w", err)
	}
	var mended workarounds
	var masks []func(r *received, ours, theirs *text)
	certain := false
	for _, rule := range predictions {
		if !rule.applies(r, before) {
			continue
		}
		predicted, certain = append(predicted, rule.name), certain || !rule.maybe
		if rule.mend != nil {
			rule.mend(&mended)
		} else {
			masks = append(masks, rule.mask)
		}
	}
	signature := r.signature(r.form)
	if aws := r.parsed.Dialect == canonical.AWS4; aws {
		natural, err := r.resign(before, workarounds{})
		switch {
		case err != nil:
			return predicted, err
		case len(predicted) == 0 && natural.signature != signature:
			return nil, fmt.Errorf("the SDK signs\n%s\nand the verifier accepted\n%s", natural.canonicalRequest, r.text(r.form))
		case certain && natural.signature == signature:
			return predicted, fmt.Errorf("%v should differ, and does not:\n%s", predicted, natural.canonicalRequest)
		}
	} else {
		masks = append(masks, maskDialect)
	}
	// With what the rules say set, and what they cannot set left out, the same is signed; and what the
	// application is given is that, too.
	for _, header := range []http.Header{before, req.Header} {
		made, err := r.resign(header, mended)
		if err != nil {
			return predicted, err
		}
		ours, theirs := readText(r.text(r.form)), readText(made.canonicalRequest)
		for _, mask := range masks {
			mask(r, ours, theirs)
		}
		if !reflect.DeepEqual(ours, theirs) {
			return predicted, fmt.Errorf("in spite of %v the SDK signs\n%+v\nand the verifier accepted\n%+v", predicted, theirs, ours)
		}
		if len(masks) == 0 && made.signature != signature {
			return predicted, fmt.Errorf("the SDK signs %s otherwise", made.canonicalRequest)
		}
	}
	return predicted, nil
}

func (r *received) text(form canonical.Form) string {
	return string(r.parsed.AppendCanonical(nil, form, r.payloadHash))
}

// maskDialect takes out what the SDK adds to a request whose dialect it does not know.
func maskDialect(r *received, _, theirs *text) {
	if r.parsed.Mode == canonical.PresignedMode {
		theirs.withoutPairs("X-Amz-")
		return
	}
	theirs.lines = slices.DeleteFunc(theirs.lines, func(line [2]string) bool { return line[0] == "x-amz-date" })
	theirs.signed = slices.DeleteFunc(theirs.signed, func(name string) bool { return name == "x-amz-date" })
}

// random draws a draft.
func random(source *rand.Rand) draft {
	pick := func(list ...string) string { return list[source.IntN(len(list))] }
	some := func(most int, list ...string) (text string) {
		for range 1 + source.IntN(most) {
			text += pick(list...)
		}
		return text
	}
	d := draft{method: pick("GET", "POST", "PUT", "DELETE", "PATCH", "get"), host: pick("api.example.com", "api.example.com:80", "[::1]:8080", "API.example", "h:")}
	for range 1 + source.IntN(3) {
		d.target += "/" + some(4, "a", "v1", "~", ".a", ":", "=", "@", "!", "$", "'", "(", "*", ",", "+", "%20", "%C3%A9", "%c3%a9", "%25", "%7E", "%3A", "|", `"`, "^", "{", "[")
	}
	d.target += pick("", "/")
	for i := range source.IntN(6) {
		d.target += map[bool]string{true: "?", false: "&"}[i == 0] + some(2, "a", "b", "A", "-", "~", "%C3%A9", "%2F", "[") +
			pick("", "=", "=1", "="+some(3, "a", "/", "-", "%2f", "+", "%20", "%2B", "?", "=", ":", "'", "*", "~", "%7e", "%E2%82%AC", "|"))
	}
	for range source.IntN(4) {
		d.lines = append(d.lines, pick("X-A", "x-b", "X_odd", "Accept", "Content-Type", "If-Match", "Cookie", "X-Amz-Meta-Tag", "X-Amz-Target", "User-Agent", "X-Amzn-Trace-Id")+
			":"+pick("", " ", "\t ")+some(4, "a", "b", " ", "  ", "\t", ",", ", ", "é", "\u00a0", "\xff"))
	}
	if source.IntN(2) == 0 {
		d.body = some(5, "{}", "a=1&b=2", "\r\n", "\x00", "é", "0\r\n\r\n")
	}
	if source.IntN(8) == 0 {
		d.lines = append(d.lines, "Content-Length: "+pick("", "0")+fmt.Sprint(len(d.body)))
	}
	return d.flagged(uint16(source.Uint32()))
}

func TestTheSDKSignsWhatIsAcceptedTheSame(t *testing.T) {
	verifier := newVerifier(t)
	source := rand.New(rand.NewPCG(1, 2))
	accepted, same, counts := map[string]int{}, 0, map[string]int{}
	for range 20_000 {
		d := random(source)
		raw, r, ok := d.sign()
		if !ok {
			continue
		}
		accepted[fmt.Sprintf("%v %v %v", r.parsed.Dialect, r.parsed.Mode, r.form)]++
		predicted, err := compare(verifier, raw, r)
		require.NoError(t, err, "%q", raw)
		if len(predicted) == 0 {
			same++
		}
		for _, name := range predicted {
			counts[name]++
		}
	}
	t.Logf("accepted: %v; the same without more ado: %d; differences predicted: %v", accepted, same, counts)
	assert.Len(t, accepted, 8, "a dialect, mode or form is missing")
	assert.Greater(t, same, 2_000)
	for _, rule := range predictions {
		assert.NotZero(t, counts[rule.name], "the rule is never needed: %s", rule.why)
	}
}

// TestADifferenceIsNoticed: if the SDK saw another request than the verifier did, it would show.
func TestADifferenceIsNoticed(t *testing.T) {
	verifier := newVerifier(t)
	d := draft{method: "POST", target: "/a%20b?b=1&a=%2F", host: "api.example.com", lines: []string{"X-A: a", "Content-Type: text/plain"}, body: "body", hash: "body"}
	for name, change := range map[string]func(r *received){
		"nothing": func(*received) {},
		"method":  func(r *received) { r.Method = "PUT" },
		"query":   func(r *received) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "a=%2F", "a=%252F", 1) },
		"host":    func(r *received) { r.Host += ":80" },
	} {
		for _, d.dialect = range canonical.Dialects() {
			for _, d.presigned = range []bool{false, true} {
				raw, r, ok := d.sign()
				require.True(t, ok)
				change(r)
				predicted, err := compare(verifier, raw, r)
				assert.Empty(t, predicted)
				assert.Equal(t, name == "nothing", err == nil, "%s, %v: %v", name, d.dialect, err)
			}
		}
	}
}

// FuzzAccepted lets the SDK sign every request once more that a verifier accepts.
func FuzzAccepted(f *testing.F) {
	source := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		d := random(source)
		f.Add(d.method, d.target, d.host, strings.Join(d.lines, "\n"), d.body, uint16(source.Uint32()))
	}
	verifier := newVerifier(f)
	f.Fuzz(func(t *testing.T, method, target, host, lines, body string, flags uint16) {
		d := draft{method: method, target: target, host: host, body: body}
		if lines != "" {
			d.lines = strings.Split(lines, "\n")
		}
		raw, r, ok := d.flagged(flags).sign()
		if !ok {
			return
		}
		if _, err := compare(verifier, raw, r); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
	})
}
