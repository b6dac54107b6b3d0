package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/nonce"
)

// contestant is a store of used nonces.
type contestant interface {
	// claim is what a verifier does for each request.
	claim(ctx context.Context, id nonce.ID, signed, expires time.Time) error
	// fill records so many claims, the fastest way there is.
	fill(count int, expires time.Time) error
	// memory is the resident memory of the store, in bytes, without files that it maps: those the
	// system takes back when it needs the room.
	memory() (int64, error)
	// ended is called before the process is killed: whatever else the contestant has started must
	// end as it would with the machine's processes.
	ended()
}

// entry is a line of the field.
type entry struct {
	name string
	// against is the contestant that the ratio is over.
	against string
	open    func(directory string) (contestant, error)
}

// field lists the contestants in the order in which they are measured and reported: each stands next
// to the one that it is compared with.
var field = []entry{
	{"plain os", "", openPlain(false)},
	{"badgerstore os", "plain os", openStore(false)},
	{"redis everysec", "plain os", openRedis("everysec")},
	{"plain fsync", "", openPlain(true)},
	{"badgerstore fsync", "plain fsync", openStore(true)},
	{"redis always", "plain fsync", openRedis("always")},
}

func names() []string {
	var all []string
	for _, e := range field {
		all = append(all, e.name)
	}
	return all
}

// chosen returns the contestants that a list names, without those that this machine cannot run.
func chosen(list string) ([]string, error) {
	wanted := strings.Split(list, ",")
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return nil, fmt.Errorf("%q is none of %s", name, strings.Join(names(), ", "))
		}
	}
	var found []string
	for _, e := range field {
		if slices.Contains(wanted, e.name) {
			found = append(found, e.name)
		}
	}
	return found, nil
}

func entryOf(name string) (entry, error) {
	for _, e := range field {
		if e.name == name {
			return e, nil
		}
	}
	return entry{}, fmt.Errorf("no contestant is called %q", name)
}
