package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/nets"
)

// netsFlag is the networks of a command that takes several: NET..., or --arch NET,NET.
type netsFlag struct {
	f     *factory
	names []string
}

func (n *netsFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&n.names, "arch", []string{nets.DefaultNet}, "network `NET`, or several: 18,34,50")
	cmd.Flags().Lookup("arch").DefValue = nets.DefaultNet // without brackets
	completeNets(cmd)
}

// choose takes the networks from the arguments where there are any.
func (n *netsFlag) choose(cmd *cobra.Command, args []string) error {
	own, err := n.f.splitAll(n.names)
	if err != nil {
		return err
	}
	n.names = own
	if len(args) == 0 {
		return nil
	}
	names, err := n.f.splitAll(args)
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("arch") && !slices.Equal(names, n.names) {
		return usagef("networks both as arguments and with --arch")
	}
	n.names = names
	return nil
}

// split is the names of a list NET,NET; a file or folder of the whole name is one. An empty name is an error.
func (f *factory) split(list string) ([]string, error) {
	if _, err := os.Stat(f.path(list)); err == nil {
		return []string{list}, nil
	}
	names := strings.Split(list, ",")
	if len(names) > 1 && slices.Contains(names, "") {
		return nil, usagef("an empty name between commas: want NET,NET")
	}
	return names, nil
}

// splitAll is the names of several such lists.
func (f *factory) splitAll(lists []string) (names []string, err error) {
	for _, list := range lists {
		some, err := f.split(list)
		if err != nil {
			return nil, err
		}
		names = append(names, some...)
	}
	return names, nil
}

// completeNetNames makes the shell complete the built-in networks; a file may stand there too.
func completeNetNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return config.Names(), cobra.ShellCompDirectiveDefault
}
