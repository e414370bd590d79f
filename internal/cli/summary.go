package cli

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

type summaryOptions struct {
	f *factory

	nets    netsFlag
	named   bool // the user names the network
	input   shapeFlags
	output  outputFlags
	blocks  bool
	flops   bool
	weights weightsFlags
	budget  budgetFlags
}

func newSummaryCmd(f *factory) *cobra.Command {
	opts := &summaryOptions{f: f, nets: netsFlag{f: f}}
	cmd := &cobra.Command{
		Use:   "summary [NET]...",
		Short: "Show what each stage of a network does to planes and dimensions",
		Long: `Show what each stage of a network does to planes (channels) and dimensions (height and width), and what
it costs in parameters and multiply-adds (MACs). Nothing is computed.

Several networks stand side by side as in table 1 of He et al. (2015), with what each layer does in
them. --blocks lists the variants of residual blocks that a network is built of. --format article lays
the summary out as "ResNets" does.

--explain-flops says why one network has several numbers of "FLOPs" in papers and tools: each is shown
as the sum of what it counts.

--max-params, --max-macs, --max-weights and --max-activations are budgets for a check in CI: for each
network, for one image at its size. The summary is printed, then a line on stderr for each that is
exceeded.

Exit code: 0 all is within its budget, 1 something exceeds it, 2 nothing could be said.`,
		Example: `  resnet summary 34
  resnet summary 50 --blocks
  resnet summary 50 --explain-flops
  resnet summary 18 34 50 101 152
  resnet summary 34 --size 320x256 --format article
  resnet summary 50 mine.yaml --max-params 26M --max-macs 4.2G`,
		GroupID: groupLook,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := opts.nets.choose(cmd, args); err != nil {
				return err
			}
			opts.named = len(args) > 0 || cmd.Flags().Changed("arch")
			return runSummary(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.nets.add(cmd)
	opts.input.add(cmd)
	flags.BoolVar(&opts.blocks, "blocks", false, "list the variants of blocks")
	flags.BoolVar(&opts.flops, "explain-flops", false, "why papers and tools give other numbers of operations")
	opts.budget.add(flags)
	opts.weights.add(cmd)
	opts.output.add(cmd, render.Formats(&render.Summary{})...)
	return cmd
}

func runSummary(ctx context.Context, opts *summaryOptions) error {
	format, err := opts.output.formatName()
	if err != nil {
		return err
	}
	if opts.weights.name != "" && len(opts.nets.names) > 1 {
		return usagef("--weights: one network, got %q", opts.nets.names)
	}
	var passes []*render.Pass
	for _, name := range opts.nets.names {
		pass, err := opts.pass(ctx, name)
		if err != nil {
			return err
		}
		passes = append(passes, pass)
	}
	view := summaryView(passes, opts.blocks)
	flag := "--blocks"
	if opts.flops {
		flag = "--explain-flops"
		if view, err = opts.flopsView(passes); err != nil {
			return err
		}
	}
	if !slices.Contains(render.Formats(view), format) {
		return usagef("--format %s: not of %s", format, flag)
	}
	err = opts.f.writeOutput(opts.output.file, func(w io.Writer) error {
		return render.Write(w, view, format, opts.f.look(opts.output.file, format))
	})
	errs := []error{err}
	for _, pass := range passes {
		errs = append(errs, opts.budget.check(pass))
	}
	return errors.Join(errs...)
}

// pass is a network at its input, of shapes alone.
func (o *summaryOptions) pass(ctx context.Context, name string) (*render.Pass, error) {
	n, err := o.load(ctx, name)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	input, err := o.input.shape(n)
	if err != nil {
		return nil, err
	}
	layers, err := n.Graph.Layers(input)
	if err != nil {
		return nil, err
	}
	return shapesOf(n, input, layers), nil
}

// shapesOf is a pass of which nothing was computed.
func shapesOf(n *nets.Net, input tensor.Shape, layers []graph.Layer) *render.Pass {
	head := render.Head{Spec: n.Arch.Spec, Input: input, Weights: "no weights"}
	if n.Source != nil {
		head.Weights = "weights " + n.WeightsWords()
	}
	return &render.Pass{Head: head, Graph: n.Graph, All: hooks.Records(layers)}
}

// load finds a network; weights only where the command line names some, as nothing is computed.
func (o *summaryOptions) load(ctx context.Context, name string) (*nets.Net, error) {
	if opener := o.f.nets(); o.weights.name == "" && !opener.IsCheckpoint(name) {
		return opener.OpenGraph(ctx, o.weights.reading.choice(name))
	}
	return o.f.nets().Open(ctx, netChoice(name, o.named, o.weights))
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
