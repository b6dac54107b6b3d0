package nonce_test

import (
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/nonce"
	"github.com/countersign-dev/countersign/nonce/noncetest"
)

type memoryPlace struct{}

func (memoryPlace) Open(setup noncetest.Setup) (nonce.Store, error) {
	return nonce.NewMemory(nonce.MemoryOptions{
		Initial:  setup.Initial,
		Capacity: setup.Capacity,
		KeyShare: setup.KeyShare,
		Clock:    setup.Clock,
	})
}

func TestMemoryKeepsTheContract(t *testing.T) {
	noncetest.Run(t, func(*testing.T) noncetest.Place { return memoryPlace{} })
}

func TestNewMemoryNamesTheBadOption(t *testing.T) {
	for field, options := range map[string]nonce.MemoryOptions{
		"Initial":  {Initial: 7},
		"Capacity": {Capacity: -1},
		"KeyShare": {Capacity: 10, KeyShare: 11},
	} {
		store, err := nonce.NewMemory(options)
		if store != nil || err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v, %v; want an error that names it", field, store, err)
		}
	}
}
