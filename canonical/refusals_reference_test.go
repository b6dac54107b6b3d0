package canonical_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/countersign-dev/countersign/canonical"
)

// words are what edited requests are made of: what the rules speak of, and what nearly is.
var words = strings.Fields(`X-Amz-Date X-Amz-Nonce X-Amz-Content-Sha256 X-Amz-Cf-Id X-Amz-Meta X-Amz- X_Amz_Date X-Amz-Da_te
	X-Countersign-Date X-Countersign-Nonce X-Countersign-Content-Sha256 X-Countersign-Else X.Countersign.Date X-Countersign_
	Host Authorization Content-Type Content-Encoding Content-Length Content_Type Connection Trailer Expect Transfer-Encoding
	Transfer_Encoding X-Http-Method X-Http-Method-Override X-Method-Override X-Method.Override Cookie Te Hos_t X-A X-B X_A X.A x!a
	X-Amz-Expires X-Amz-Signature X-Amz-Algorithm X-Amz-Credential X-Amz-SignedHeaders X-Amz-Security-Token X%2DAmz-Date
	X-Countersign-Expires X-Countersign-Signature X-Countersign-Algorithm X-Countersign-Credential x-amz-date X-Amz-expires
	UNSIGNED-PAYLOAD STREAMING-AWS4-HMAC-SHA256-PAYLOAD CS4-HMAC-SHA256 AWS4-HMAC-SHA256 aws4_request cs4_request 20261120
	20261120T093000Z 20260229T093000Z 20261121T000000Z 20261120T240000Z 20261120T093060Z live orders s3 s3-a S3 a . .. cs_ cs_a ck_a
	0 1 900 901 0900 604800 9999999 -1 host x-a;x-b host;x-a ;host host; host;host , ; = & % %2F %3B %3b + / api.example.com
	close,te x-a,close Authorization,te `)

// editSource draws requests near to good ones.
type editSource struct{ pairSource }

func (e editSource) word() string { return words[e.IntN(len(words))] }

func (e editSource) value(text string) string {
	switch e.IntN(6) {
	case 0:
		return e.word()
	case 1:
		return e.near(text)
	case 2:
		return text + []string{" ", "\t", ",", "\x01", "é", ";x-a", "&" + e.word() + "=" + e.word()}[e.IntN(7)]
	case 3: // a word in the place of another
		if at := strings.IndexAny(text, ";/=&, "); at >= 0 {
			return text[:at+1] + e.word()
		}
		return text
	case 4: // parts that are separated, doubled or in another order
		separator := []string{";", "&", "/"}[e.IntN(3)]
		parts := strings.Split(text, separator)
		i, j := e.IntN(len(parts)), e.IntN(len(parts))
		if e.IntN(2) == 0 {
			parts[i], parts[j] = parts[j], parts[i]
		} else {
			parts = slices.Insert(parts, i, []string{parts[j], e.word()}[e.IntN(2)])
		}
		return strings.Join(parts, separator)
	default: // a word for one that is there
		var there []string
		for _, word := range words {
			if strings.Contains(text, word) {
				there = append(there, word)
			}
		}
		if len(there) == 0 {
			return text
		}
		word := there[e.IntN(len(there))]
		if strings.HasPrefix(word, "2026") && e.IntN(2) == 0 {
			return strings.Replace(text, word, "20261119"+word[8:], 1)
		}
		return strings.Replace(text, word, e.word(), 1)
	}
}

// signing puts another name into the list of signed ones, in its place.
func (e editSource) signing(w *wire, name string) {
	for i, h := range w.headers {
		before, rest, found := strings.Cut(h.value, "SignedHeaders=")
		if list, after, more := strings.Cut(rest, ","); found && more {
			names := append(strings.Split(list, ";"), strings.ToLower(name))
			slices.Sort(names)
			w.headers[i].value = before + "SignedHeaders=" + strings.Join(slices.Compact(names), ";") + "," + after
		}
	}
	before, rest, found := strings.Cut(w.target, "SignedHeaders=")
	if list, after, _ := strings.Cut(rest, "&"); found {
		names := append(strings.Split(list, "%3B"), strings.ToLower(name))
		slices.Sort(names)
		w.target = before + "SignedHeaders=" + strings.Join(slices.Compact(names), "%3B") + "&" + after
	}
}

// request edits one thing of a request.
func (e editSource) request(w *wire) {
	at := e.IntN(len(w.headers) + 1)
	switch kind := e.IntN(14); {
	case kind == 0:
		w.method = e.value(w.method)
	case kind == 1:
		w.host = e.value(w.host)
	case kind <= 4:
		path, query, found := strings.Cut(w.target, "?")
		if e.IntN(2) == 0 || !found {
			path = e.value(path)
		} else {
			query = e.value(query)
		}
		w.target = path + "?" + query
	case kind == 5: // a header, signed or not
		name := e.word()
		w.headers = slices.Insert(w.headers, at, header{name, e.word()})
		if e.IntN(2) == 0 {
			e.signing(w, name)
		}
	case kind == 6:
		e.signing(w, e.word())
	case kind == 12: // a parameter with a header's name, spelled rightly or nearly
		name := e.word()
		for !strings.HasPrefix(strings.ToLower(name), "x") {
			name = e.word()
		}
		w.target += map[bool]string{true: "&", false: "?"}[strings.Contains(w.target, "?")] + name + "=" + e.word()
	case kind == 13:
		w.add("Connection", e.value("keep-alive, te"))
	case at == len(w.headers):
	case kind == 7:
		w.headers = slices.Delete(w.headers, at, at+1)
	case kind == 8:
		w.headers = append(w.headers, w.headers[at])
	case kind == 9:
		w.headers[at].name = e.value(w.headers[at].name)
	default:
		w.headers[at].value = e.value(w.headers[at].value)
	}
}

// TestParseRefusesWhatTheReferenceRefuses edits good requests and asks both.
func TestParseRefusesWhatTheReferenceRefuses(t *testing.T) {
	edits, seed := map[bool]int{false: 30_000, true: 3_000}[raceDetector], uint64(1)
	if os.Getenv("COUNTERSIGN_LONG") != "" {
		edits, seed = 10_000_000, rand.Uint64()
	}
	e := editSource{pairSource{rand.New(rand.NewPCG(seed, 2))}}
	var bases []wire
	odd := post.clone()
	odd.add("X_A", "odd, and signed")
	for _, scope := range []referenceScope{cs4Scope, aws4Scope} {
		bases = append(bases, signedByHeader(scope, odd, "rule"))
		bases = append(bases, signedByHeader(scope, post, "rule"), signedByHeader(scope, get, "rule"), signedByQuery(scope, get), signedByQuery(scope, post))
	}
	admitted, reasons := 0, map[canonical.Reason]int{}
	var r canonical.Request
	for range edits {
		w := bases[e.IntN(len(bases))].clone()
		for range 1 + e.IntN(2) {
			e.request(&w)
		}
		rules := canonical.Rules{EncodedSlash: e.IntN(2) == 0, SignatureNonce: e.IntN(2) == 0}
		err := r.Parse(w.message(), &rules)
		if admits := refAdmits(w.received(), refRules{rules.EncodedSlash, rules.SignatureNonce}); admits != (err == nil) {
			t.Fatalf("seed %d: the reference admits: %v; Parse says: %v, of %+v\nunder %+v", seed, admits, err, w, rules)
		}
		var refused *canonical.Error
		if errors.As(err, &refused) {
			reasons[refused.Reason]++
		} else {
			admitted++
		}
	}
	t.Logf("seed %d: %d edited requests, %d admitted, refused for %v", seed, edits, admitted, reasons)
	assert.Greater(t, admitted, edits/20)
	for _, reason := range []canonical.Reason{
		canonical.BadTarget, canonical.BadPath, canonical.BadQuery, canonical.BadHeader, canonical.BadAuthorization, canonical.BadTime,
		canonical.BadNonce, canonical.BadPayloadHash, canonical.MixedModes, canonical.UnsignedHeader, canonical.MissingHeader,
		canonical.BadExpires, canonical.Trailer, canonical.MissingSignature, canonical.WrongScope,
	} {
		assert.NotZero(t, reasons[reason], reason)
	}
}
