// Package signing compares what it costs to sign a request: with our client, with aws-sdk-go-v2's
// signer and with minio-go's. [Measure] runs the contest.
package signing

import (
	"time"

	"github.com/countersign-dev/countersign/internal/benchmarks/contest"
	"github.com/countersign-dev/countersign/internal/benchmarks/request"
)

// Settings say how long to measure.
type Settings struct {
	Turns    int
	Duration time.Duration // of one turn
}

// Outcome is what the contest came to for one kind of request on that many processors: the turns of
// each signer.
type Outcome struct {
	Kind                    request.Kind
	Processors              int
	Countersign, AWS, Minio []contest.Timing
}

// Measure runs the contest.
func Measure(settings Settings) ([]Outcome, error) {
	var outcomes []Outcome
	for _, kind := range request.Kinds() {
		for _, processors := range []int{1, 2} {
			outcome := Outcome{Kind: kind, Processors: processors}
			err := contest.OnProcessors(processors, func() (err error) { return outcome.measure(settings) })
			if err != nil {
				return nil, err
			}
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes, nil
}

func (o *Outcome) measure(settings Settings) error {
	var turns []func() (contest.Timing, error)
	for _, sign := range []signer{countersign(), awsSDK(), minioGo()} {
		turn, err := contest.Turn(operation(o.Kind, sign), settings.Duration)
		if err != nil {
			return err
		}
		turns = append(turns, turn)
	}
	results, err := contest.Rounds(settings.Turns, turns...)
	if err != nil {
		return err
	}
	o.Countersign, o.AWS, o.Minio = results[0], results[1], results[2]
	return nil
}

// operation signs the same request again and again, without the signature that it got before.
func operation(kind request.Kind, sign signer) contest.Operation {
	return func() (func() error, error) {
		body := kind.Body()
		req, err := kind.New("http://orders.example")
		return func() error {
			strip(req.Header)
			return sign(req, body)
		}, err
	}
}
