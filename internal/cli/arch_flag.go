package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/nets"
)

// archHelp is what NET and --arch take.
const archHelp = "network `NET`: a number (50), a name, a YAML file or a checkpoint"

// archFlag is the network of a command that takes one: NET, or --arch NET.
type archFlag struct{ name string }

func (a *archFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.name, "arch", nets.DefaultNet, archHelp)
	completeNets(cmd)
}

// choose is the one network that the command line names. A checkpoint beside --arch is the weights.
func (a *archFlag) choose(cmd *cobra.Command, args []string) (string, error) {
	weights := cmd.Flags().Lookup("weights")
	switch {
	case len(args) > 1:
		return "", usagef("%s takes one network, got %q", cmd.CommandPath(), args)
	case len(args) == 0:
		return a.name, nil
	case cmd.Flags().Changed("arch") && weights != nil && !weights.Changed && nets.IsCheckpoint(args[0]):
		return a.name, weights.Value.Set(args[0])
	case cmd.Flags().Changed("arch") && args[0] != a.name:
		return "", usagef("two networks: %s and --arch %s", args[0], a.name)
	}
	return args[0], nil
}

// netChoice is a network and weights as a command line has them: named tells whether the user named the network.
func netChoice(net string, named bool, w weightsFlags) nets.Choice {
	c := w.choice()
	if named {
		c.Net = net
	} else {
		c.Default = net
	}
	return c
}

// completeNets makes the shell complete the built-in networks, as argument and for --arch.
func completeNets(cmd *cobra.Command) {
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return config.Names(), cobra.ShellCompDirectiveDefault // a file may follow too
	}
	cmd.ValidArgsFunction = complete
	if err := cmd.RegisterFlagCompletionFunc("arch", complete); err != nil {
		panic(err) // the flag was just added
	}
}

// patternsFlag is a list of patterns, separated by commas outside of braces.
type patternsFlag struct{ patterns []string }

func (p *patternsFlag) Type() string   { return "PATTERN,..." }
func (p *patternsFlag) String() string { return strings.Join(p.patterns, ",") }

func (p *patternsFlag) Set(text string) error {
	depth, start := 0, 0
	for i, r := range text + "," {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case r == ',' && (depth <= 0 || i == len(text)):
			p.patterns = append(p.patterns, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return nil
}
