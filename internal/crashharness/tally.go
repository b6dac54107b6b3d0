package main

import (
	"fmt"
	"strings"
)

// tally is what came of a scenario.
type tally struct {
	ends     int // how often the service was ended
	sent     int // fresh requests
	accepted int // of them
	refused  int // of them, 503: below a floor, or on a full disk
	lost     int // bytes of the store's log

	again    int // how often requests that had been accepted were sent again
	replayed int // of them, refused as replays
	late     int // of them, out of time by then
	floored  int // of them, refused since the store cannot vouch for them
	twice    int // of them, accepted

	odd []string // what went otherwise than it should, the first few
}

const columnNames = "ended\tsent\taccepted\trefused\tlog lost\tsent again\tas replay\tout of time\tbelow floor\tACCEPTED AGAIN"

func (t *tally) columns() string {
	return fmt.Sprintf("%d\t%d\t%d\t%d\t%d B\t%d\t%d\t%d\t%d\t%d",
		t.ends, t.sent, t.accepted, t.refused, t.lost, t.again, t.replayed, t.late, t.floored, t.twice)
}

// maxOdd is how many oddities are kept: where there is one, there are often thousands.
const maxOdd = 5

func (t *tally) note(format string, values ...any) {
	if len(t.odd) < maxOdd {
		t.odd = append(t.odd, fmt.Sprintf(format, values...))
	}
}

// err returns what is wrong with what came, or nil.
func (t *tally) err() error {
	if t.twice == 0 && len(t.odd) == 0 {
		return nil
	}
	return fmt.Errorf("%d requests were accepted twice; %s", t.twice, strings.Join(t.odd, "; "))
}
