package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/countersign-dev/countersign/client"
	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/server/filekeys"
)

// What the services verify for.
const (
	region     = "live"
	serviceAPI = "orders"
	host       = "api.example" // signed in place of the address, so that a request is as good at another port
)

// way is how a request is signed.
type way int

const (
	signedNow   way = iota
	signedSoon      // by 4 s ahead, within the step of the store's ceiling
	signedAhead     // by 290 s, which the store syncs by itself
	presigned       // for 900 s
	waysCount
)

// aheadBy is by how much the clock of a way's signer is ahead.
var aheadBy = [waysCount]time.Duration{signedSoon: 4 * time.Second, signedAhead: 290 * time.Second}

const (
	skew           = 300 * time.Second
	presignedFor   = 900 * time.Second
	mixLength      = 1500
	mixWithAhead   = 600
	nonceHeader    = "X-Countersign-Nonce"
	whoamiTarget   = "http://" + host + "/whoami"
	requestLineEnd = " HTTP/1.1\r\nHost: " + host + "\r\n"
)

// wayOf mixes the ways: a third signed ahead, a third presigned, the others now or soon. Of every 1,500
// those signed ahead are among the first 600, because with them all that lies before them in the log
// is synced: behind them there is a tail that is not.
func wayOf(i int) way {
	at := i % mixLength
	if at < mixWithAhead {
		if at%6 != 0 {
			return signedAhead
		}
		at /= 6
	}
	switch at % 4 {
	case 0:
		return signedNow
	case 2:
		return signedSoon
	}
	return presigned
}

// state is what has come of a request.
type state int

const (
	unanswered state = iota
	accepted
	refused
)

// request is one that was signed, as it goes over the wire.
type request struct {
	text   []byte
	id     nonce.ID // of its claim
	way    way
	inTime time.Time // the last instant at which it is in time
	state  state
}

// signer signs requests of all ways with one key. It is safe for concurrent use.
type signer struct {
	keyID   string
	signers [waysCount]*client.Signer
}

// newSigner makes a key, puts it into a key file for the service, and returns its signer.
func newSigner(ctx context.Context, directory string) (*signer, error) {
	record, err := filekeys.NewRecord(region, time.Now())
	if err != nil {
		return nil, err
	}
	_, err = filekeys.Edit(ctx, filepath.Join(directory, keyFile), filekeys.EditOptions{Create: true},
		func([]filekeys.Record) ([]filekeys.Record, error) { return []filekeys.Record{record}, nil })
	if err != nil {
		return nil, err
	}
	s := &signer{keyID: record.ID}
	credentials := client.Credentials{KeyID: record.ID, Secret: record.Secrets[0].Secret}
	for way := range s.signers {
		clock := func() time.Time { return time.Now().Add(aheadBy[way]) }
		s.signers[way] = client.NewSigner(credentials, client.Target{Region: region, Service: serviceAPI}, client.WithClock(clock))
	}
	return s, nil
}

// sign returns a fresh request.
func (s *signer) sign(w way) (*request, error) {
	req, err := http.NewRequest(http.MethodGet, whoamiTarget, nil)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	text.WriteString("GET ")
	// Timestamps are whole seconds, rounded down.
	signed := time.Now().Add(aheadBy[w]).Truncate(time.Second)
	var nonceText string
	life := skew
	if w == presigned {
		url, err := s.signers[w].Presign(req, presignedFor)
		if err != nil {
			return nil, err
		}
		text.WriteString(url.RequestURI() + requestLineEnd)
		nonceText, life = url.Query().Get(nonceHeader), presignedFor
	} else {
		if err := s.signers[w].Sign(req); err != nil {
			return nil, err
		}
		text.WriteString(req.URL.RequestURI() + requestLineEnd)
		if err := req.Header.Write(&text); err != nil {
			return nil, err
		}
		nonceText = req.Header.Get(nonceHeader)
	}
	text.WriteString("\r\n")
	if nonceText == "" {
		return nil, fmt.Errorf("the signer has added no %s", nonceHeader)
	}
	return &request{text: text.Bytes(), id: nonce.NewID(s.keyID, nonceText), way: w, inTime: signed.Add(life)}, nil
}
