package cli

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"resnet/internal/hooks"
	"resnet/internal/render"
)

type summaryOptions struct {
	f *factory

	archs  []string
	input  inputFlags
	output outputFlags
	blocks bool
}

func newSummaryCmd(f *factory) *cobra.Command {
	opts := &summaryOptions{f: f}
	cmd := &cobra.Command{
		Use:   "summary [NET]...",
		Short: "Show what each stage of a network does to planes and dimensions",
		Long: `Show what each stage of a network does to planes (channels) and dimensions (height and width), and what
it costs in parameters and multiply-adds (MACs). Nothing is computed.

Several networks stand side by side as in table 1 of He et al. (2015), with what each layer does in
them. --blocks lists the variants of residual blocks that a network is built of. --format article lays
the summary out as "ResNets" does.`,
		Example: `  resnet summary 34
  resnet summary 50 --blocks
  resnet summary 18 34 50 101 152
  resnet summary 34 --size 320x256 --format article`,
		GroupID: groupLook,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if cmd.Flags().Changed("arch") && !slices.Equal(args, opts.archs) {
					return usagef("networks both as arguments and with --arch")
				}
				opts.archs = args
			}
			return runSummary(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&opts.archs, "arch", []string{defaultArch}, "network `NET`, or several: 18,34,50")
	completeNets(cmd)
	opts.input.add(cmd)
	flags.BoolVar(&opts.blocks, "blocks", false, "list the variants of blocks")
	opts.output.add(cmd, render.Formats(&render.Summary{})...)
	return cmd
}

func runSummary(_ context.Context, opts *summaryOptions) error {
	format, err := opts.output.formatName()
	if err != nil {
		return err
	}
	var passes []*render.Pass
	for _, name := range opts.archs {
		pass, err := opts.pass(name)
		if err != nil {
			return err
		}
		passes = append(passes, pass)
	}
	view := summaryView(passes, opts.blocks)
	if !slices.Contains(render.Formats(view), format) {
		return usagef("--format %s: not of --blocks", format)
	}
	return opts.f.writeOutput(opts.output.file, func(w io.Writer) error {
		return render.Write(w, view, format, render.Look(opts.f.look(opts.output.file)))
	})
}

// pass is a network at its input, of shapes alone.
func (o *summaryOptions) pass(name string) (*render.Pass, error) {
	n, err := o.f.loadNet(name)
	if err != nil {
		return nil, err
	}
	input, err := o.input.shape(n)
	if err != nil {
		return nil, err
	}
	layers, err := n.graph.Layers(input)
	if err != nil {
		return nil, err
	}
	head := render.Head{Spec: n.Spec, Input: input, Weights: "no weights"}
	return &render.Pass{Head: head, Graph: n.graph, All: hooks.Records(layers)}, nil
}

func summaryView(passes []*render.Pass, blocks bool) render.View {
	switch {
	case blocks:
		return &render.Variants{Nets: passes}
	case len(passes) == 1:
		return &render.Summary{Pass: *passes[0]}
	}
	return &render.Comparison{Nets: passes}
}
