package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// protocolVersion is the version of canonical/SPEC.md that this program speaks.
const protocolVersion = "0.1"

// buildVersion is what the program knows about itself.
type buildVersion struct {
	Version  string `json:"version"`            // of the module: a release, a pseudo-version, or (devel)
	Revision string `json:"revision,omitempty"` // the commit that it was built from
	Time     string `json:"time,omitempty"`     // of that commit, RFC 3339
	Modified bool   `json:"modified,omitempty"` // whether the tree had uncommitted changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Protocol string `json:"protocol"`
}

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of program and protocol",
		Long:    "Print the version of the program, the commit and Go version that it was built from and with, and the\nversion of the protocol (canonical/SPEC.md) that it speaks.",
		Example: "  countersign version\n  countersign version --json | jq -r .protocol",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			version := describeBuild(info)
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), version)
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), version)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// describeBuild reads build information, which may be missing.
func describeBuild(info *debug.BuildInfo) buildVersion {
	v := buildVersion{
		Version: "unknown", Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Protocol: protocolVersion,
	}
	if info == nil {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.time":
			v.Time = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}

// String is what people read.
func (v buildVersion) String() string {
	text := "countersign " + v.Version + "\n"
	if v.Revision != "" {
		text += "commit      " + v.Revision + " of " + v.Time
		if v.Modified {
			text += ", with uncommitted changes"
		}
		text += "\n"
	}
	return text + "protocol    " + v.Protocol + "\nbuilt with  " + v.Go + " for " + v.Platform + "\n"
}
