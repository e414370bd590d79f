package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/nets"
)

// netsFlag is the networks of a command that takes several: NET..., or --arch NET,NET.
type netsFlag struct{ names []string }

func (n *netsFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&n.names, "arch", []string{nets.DefaultNet}, "network `NET`, or several: 18,34,50")
	cmd.Flags().Lookup("arch").DefValue = nets.DefaultNet // without brackets
	completeNets(cmd)
}

// choose takes the networks from the arguments where there are any.
func (n *netsFlag) choose(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, arg := range args {
		if config.LooksLikeFile(arg) {
			names = append(names, arg)
		} else {
			names = append(names, strings.Split(arg, ",")...)
		}
	}
	if cmd.Flags().Changed("arch") && !slices.Equal(names, n.names) {
		return usagef("networks both as arguments and with --arch")
	}
	n.names = names
	return nil
}

// completeNetNames makes the shell complete the built-in networks; a file may stand there too.
func completeNetNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return config.Names(), cobra.ShellCompDirectiveDefault
}
