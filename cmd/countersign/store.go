package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/nonce/badgerstore"
)

func newStoreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Look at a stopped nonce store, or raise its floor",
		Long: `Work on the embedded nonce store of a service that is stopped. The store of a running
service is locked, and is left alone.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStoreInfoCommand(), newStoreRaiseFloorCommand())
	return cmd
}

// storeError adds what to do to the errors of a store that cannot be worked on.
func storeError(path string, err error) error {
	switch {
	case errors.Is(err, badgerstore.ErrInUse):
		return fmt.Errorf("%s is in use by a running countersign: stop that first", path)
	case errors.Is(err, badgerstore.ErrNoStore):
		return fmt.Errorf("there is no nonce store in %s: give the path that the configuration names under store.badger.path", path)
	}
	return err
}
