package main

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/nonce/badgerstore"
)

// storeInfo is what is told of a store, as JSON.
type storeInfo struct {
	Path          string     `json:"path"`
	FormatVersion int        `json:"format_version"`
	Durability    string     `json:"durability"`
	Clean         bool       `json:"clean"`
	BootID        string     `json:"boot_id,omitempty"`
	Floor         *time.Time `json:"floor,omitempty"`
	Ceiling       *time.Time `json:"ceiling,omitempty"`
	DropLine      *time.Time `json:"drop_line,omitempty"`
	Claims        int64      `json:"claims"`
	DiskBytes     int64      `json:"disk_bytes"`
}

func newStoreInfoCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info PATH",
		Short: "Describe a stopped nonce store",
		Long: `Describe the nonce store in the directory PATH, and change nothing. The service that uses it
must be stopped.

floor      requests signed at or before it are refused
ceiling    no accepted request was signed later, but for those that were synced by themselves
drop line  claims that expired at or before it are gone, and what expires there is refused`,
		Example: `  countersign store info ./claims
  countersign store info --json ./claims | jq -r .floor`,
		Args: exactly("PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			info, err := badgerstore.ReadInfo(args[0])
			if err != nil {
				return storeError(args[0], err)
			}
			told := describeStore(args[0], info)
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), told)
			}
			return told.writeText(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func describeStore(path string, info badgerstore.Info) storeInfo {
	return storeInfo{
		Path: path, FormatVersion: info.FormatVersion, Durability: info.Durability.String(), Clean: info.Clean,
		BootID: info.BootID, Floor: known(info.Floor), Ceiling: known(info.Ceiling), DropLine: known(info.DropLine),
		Claims: info.Claims, DiskBytes: info.DiskBytes,
	}
}

// known returns nil for a time that there is none of.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (s storeInfo) writeText(out io.Writer) error {
	closed := "no: it was killed, or the machine lost power"
	if s.Clean {
		closed = "yes"
	}
	_, err := fmt.Fprintf(out, `path        %s
format      %d
durability  %s
closed      %s
boot id     %s
floor       %s
ceiling     %s
drop line   %s
claims      %d at the last write, some of them perhaps expired since
disk        %.1f MiB
`, s.Path, s.FormatVersion, s.Durability, closed,
		cmp.Or(s.BootID, "none: the next start takes everything unsynced for lost"),
		instant(s.Floor), instant(s.Ceiling), instant(s.DropLine), s.Claims, float64(s.DiskBytes)/(1<<20))
	return err
}

func instant(t *time.Time) string {
	if t == nil {
		return "none yet"
	}
	return t.Format(time.RFC3339Nano)
}
