package main

import "github.com/spf13/cobra"

// atMostOne admits one argument of that name, or none.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usagef("%s takes one %s at most, not %d arguments", cmd.CommandPath(), name, len(args))
		}
		return nil
	}
}

// exactly admits just the arguments of those names.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usagef("%s needs %s", cmd.CommandPath(), names[len(args)])
		case len(args) > len(names):
			return usagef("unknown argument %q: %s takes no more than %d", args[len(names)], cmd.CommandPath(), len(names))
		}
		return nil
	}
}
