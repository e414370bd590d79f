package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/draw"
	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/wholefile"
)

type traceOptions struct {
	f     *factory
	flags *pflag.FlagSet

	arch    archFlag
	named   bool // the user names the network
	input   shapeFlags
	output  outputFlags
	rows    string
	columns string
	layers  patternsFlag
	shapes  bool
	stats   bool
	time    bool
	image   string
	weights weightsFlags
	save    string
	seed    uint64
	engine  engineFlags
	anatomy anatomyFlags

	isTable  bool  // the format shows rows, not events
	answered error // that ends the command once all is shown: what was said of the input are no probabilities
}

func newTraceCmd(f *factory) *cobra.Command {
	opts := &traceOptions{f: f, rows: render.RowKinds()[0]}
	cmd := &cobra.Command{
		Use:   "trace [NET]",
		Short: "Show how a tensor moves through a network, layer by layer",
		Long: `Show how a tensor moves through a network, layer by layer: kernel, stride, padding, shapes, parameters
and multiply-adds (MACs).

A real forward pass runs, on noise or on a photo, unless --shapes wants no arithmetic. A row is a
convolution, pool, add or fully connected layer with the batch norm and ReLU that follow it; --rows
calls has a row for each event of PyTorch's forward hooks, blocks, stages and types sum up.

Columns are index, path, type, shortcut, kernel, stride, pad, dilation, groups, input, output, params,
params%, macs, macs%, time, mean, std, min, max, zeros; of types also calls.
--stats adds mean, std, min, max and zeros of what a row puts out. --time adds the milliseconds of
each step of the plan that runs; layers that are computed in one go have one time.

PATTERN is a path or a class, with * for a part of a name and ** for any number of names:
layer3.*.conv2, Conv2d. A container means what is below it too, =layer2 the container alone.

` + anatomyHelp + `

--format article prints what the hooks of "ResNets" print. Any other text with {{ in it, or @FILE, is
a hook of your own: a Go template that is run at each event, containers and functions included. An
event has Index, Path, Class, Depth (names in the path), Container, Functional, Kernel, Stride,
Padding, Dilation, Groups, Input, Inputs, Output, Params, MACs, Shortcut, Time and Stats. The article's
print_sizes and layer_hook, where it registers them, are:

` + indent(render.ArticleTemplate),
		Example: `  resnet trace 50                                     every layer of ResNet-50
  resnet trace 50 --layers 'layer3.*.conv2' --stats   values of some
  resnet trace 34 --rows stages --time                where the time goes
  resnet trace 50 --shapes --format json              for a program
  resnet trace 18 --image photo.jpg --save acts.safetensors
  resnet trace 18 --weights r18.pth --image photo.jpg --anatomy -o anatomy.svg
  resnet trace 18 --weights r18.pth --image photo.jpg --ablate all
  resnet trace --weights plain56_cifar,resnet56_cifar --image photo.jpg --anatomy -o figure7.svg
  resnet trace run/plain20,run/resnet20 --image photo.jpg --anatomy -o figure7.svg
  resnet trace model.pth --stats                      a network of your own, with its weights
  resnet trace 34 --format '{{.Class}} {{.Kernel}} {{.Output}}{{"\n"}}'`,
		GroupID: groupLook,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.flags = cmd.Flags()
			name, err := opts.arch.choose(cmd, args)
			if err != nil {
				return err
			}
			opts.named = len(args) > 0 || opts.flags.Changed("arch")
			several, err := opts.severalNets(name)
			if err != nil {
				return err
			}
			if several != nil {
				return runTraces(cmd.Context(), opts, several)
			}
			return runTrace(cmd.Context(), opts, name)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.arch.add(cmd)
	opts.input.add(cmd)
	choiceFlag(cmd, flags, &opts.rows, "rows", render.RowKinds(), "what a row is")
	flags.StringVar(&opts.columns, "columns", "", "`LIST` of columns, or edits of the usual ones: +groups,-macs")
	flags.Var(&opts.layers, "layers", "show layers that match `PATTERN,...`; totals stay those of the network")
	flags.BoolVar(&opts.shapes, "shapes", false, "shapes and counts alone, no arithmetic")
	flags.BoolVar(&opts.stats, "stats", false, "statistics of the values")
	flags.BoolVar(&opts.time, "time", false, "time of each step")
	flags.StringVar(&opts.image, "image", "", "input from an image `FILE` instead of noise")
	opts.weights.add(cmd)
	flags.StringVar(&opts.save, "save", "", "write the outputs of the layers shown to a .safetensors `FILE`")
	flags.Uint64Var(&opts.seed, "seed", 0, "seed `N` of random weights and noise")
	opts.engine.add(cmd)
	opts.anatomy.add(cmd)
	opts.output.add(cmd, append(render.Formats(&render.Trace{}), draw.PlotFormats()...)...)
	opts.output.format.free = isTemplate
	completeLayers(cmd, f)
	return cmd
}

func runTrace(ctx context.Context, opts *traceOptions, name string) error {
	write, err := opts.writer(ctx)
	if err != nil {
		return err
	}
	if err := opts.check(); err != nil {
		return err
	}
	n, err := opts.load(ctx, name)
	if err != nil {
		return err
	}
	defer n.Close()
	trace, err := opts.view(n)
	if err != nil {
		return err
	}
	if opts.anatomy.given() {
		return opts.runAnatomy(ctx, n, trace)
	}
	if opts.shapes {
		err = opts.plan(n, trace)
	} else {
		err = opts.run(ctx, n, trace)
	}
	if err != nil {
		return err
	}
	if err := opts.f.writeOutput(opts.output.file, func(w io.Writer) error { return write(w, trace) }); err != nil {
		return err
	}
	return opts.answered
}

// load finds the network, and its weights where there is something to compute.
func (o *traceOptions) load(ctx context.Context, name string) (*nets.Net, error) {
	if o.shapes {
		return o.f.nets().OpenGraph(ctx, o.weights.reading.choice(name))
	}
	return o.f.nets().Open(ctx, netChoice(name, o.named, o.weights))
}

// plan adds the memory that a pass would take, which tables show.
func (o *traceOptions) plan(n *nets.Net, t *render.Trace) error {
	if !o.isTable {
		return nil
	}
	memory, err := engine.PlanMemory(n.Graph.Graph, t.Input)
	t.PeakActivations = memory.Activations
	return err
}

// view is the trace as far as it is known without running.
func (o *traceOptions) view(n *nets.Net) (*render.Trace, error) {
	input, err := o.input.shape(n)
	if err != nil {
		return nil, err
	}
	layers, err := n.Graph.Layers(input)
	if err != nil {
		return nil, err
	}
	selected, err := hooks.Select(n.Graph.Graph, o.layers.patterns)
	if err != nil {
		return nil, usageError{err}
	}
	initial := render.InitialColumns(o.rows, layers)
	if o.stats && !render.NeedsStats(render.Columns(o.rows)) {
		return nil, usagef("--stats: rows of %s are many tensors", o.rows)
	}
	if o.stats {
		initial = append(initial, render.StatColumns...)
	}
	if o.time {
		initial = append(initial, "time")
	}
	columns, err := render.ChooseColumns(o.rows, o.columns, initial)
	if err != nil {
		return nil, usagef("--columns: %w", err)
	}
	if o.shapes && (render.NeedsStats(columns) || render.NeedsTime(columns)) {
		return nil, usagef("--columns: with --shapes there are no values to show")
	}
	return &render.Trace{
		Pass: render.Pass{
			Head:  render.Head{Spec: n.Arch.Spec, Input: input, Weights: "shapes alone, no weights"},
			Graph: n.Graph,
			All:   hooks.Records(layers),
		},
		Select:  func(i int) bool { return selected[i] },
		Rows:    o.rows,
		Columns: columns,
	}, nil
}

// check refuses flags that would do nothing together.
func (o *traceOptions) check() error {
	if o.shapes {
		for _, name := range []string{"stats", "time", "image", "weights", "pull", "save", "seed", "threads", "exact"} {
			if o.flags.Changed(name) {
				return usagef("--%s: with --shapes nothing is computed", name)
			}
		}
	}
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	if err := o.checkAnatomy(format); err != nil {
		return err
	}
	tables := []string{render.DefaultFormat, "markdown", "csv", "latex"}
	o.isTable = slices.Contains(tables, format)
	for _, name := range []string{"rows", "columns"} {
		if o.flags.Changed(name) && !o.isTable && !o.anatomy.given() {
			return usagef("--%s is for %s; other formats are about events", name, strings.Join(tables, ", "))
		}
	}
	if o.save != "" {
		if err := checkEnding(o.save, ".safetensors"); err != nil {
			return fmt.Errorf("--save %w", err)
		}
	}
	if o.shapes {
		return nil
	}
	return o.engine.check(o.f)
}

// isTemplate tells a template, or a file of one, from the name of a format.
func isTemplate(format string) bool {
	return strings.Contains(format, "{{") || strings.HasPrefix(format, "@")
}

// maxTemplate bounds a template.
const maxTemplate = 1 << 20

// writer is what writes the view: a format, or the user's own template.
func (o *traceOptions) writer(ctx context.Context) (func(io.Writer, *render.Trace) error, error) {
	format, err := o.output.formatName()
	if err != nil {
		return nil, err
	}
	if !isTemplate(format) {
		look := o.f.look(o.output.file, format)
		return func(w io.Writer, t *render.Trace) error { return render.Write(w, t, format, look) }, nil
	}
	source := "--format"
	if file, ok := strings.CutPrefix(format, "@"); ok {
		source = file
		o.f.reads(o.f.path(file))
		data, err := wholefile.Read(ctx, o.f.path(file), maxTemplate)
		if err != nil {
			return nil, err
		}
		format = string(data)
	}
	template, err := render.ParseTemplate(format)
	if err != nil {
		return nil, usagef("%s: %w", source, err)
	}
	return func(w io.Writer, t *render.Trace) error { return template.Write(w, t) }, nil
}

// completeLayers makes the shell complete --layers with the paths and classes of the network.
func completeLayers(cmd *cobra.Command, f *factory) {
	complete := func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		name := cmd.Flag("arch").Value.String()
		if len(args) > 0 {
			name = args[0]
		}
		n, err := f.nets().OpenGraph(cmd.Context(), nets.Choice{Net: name})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var words []string
		for _, call := range n.Graph.Calls {
			if call.Path != "" {
				words = append(words, call.Path)
			}
			words = append(words, call.Class)
		}
		slices.Sort(words)
		return slices.Compact(words), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("layers", complete); err != nil {
		panic(err) // the flag was just added
	}
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
