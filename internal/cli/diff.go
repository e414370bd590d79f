package cli

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/render"
)

type diffOptions struct {
	f *factory

	size      sizeFlag
	output    outputFlags
	exitCode  bool
	shapes    bool
	arch      string
	image     string
	reading   readingFlags
	tolerance float64

	answered error // that ends the command once all is shown: what was said of the image are no probabilities
}

func newDiffCmd(f *factory) *cobra.Command {
	opts := &diffOptions{f: f}
	cmd := &cobra.Command{
		Use:   "diff NET NET",
		Short: "Show in what two networks differ",
		Long: `Show in what two networks differ: the keys of their YAML, then stage by stage and block by block the
layers, with what the second has more or less in parameters and multiply-adds (MACs). What is the same
is left out; blocks in a row that differ alike are one line. The lines add up to the last one.

Each network has its own input unless --size gives both the same.

Where both are checkpoints (or YAML files that name weights), it also shows how far the weights are
apart, layer by layer: the distance of b from a, relative to a, of a layer's tensors the largest.
Of outputs stands beside it the ratio of signal to noise, which shows what quantizing lost where. With
--image both see one photo, prepared as the first wants it, and the outputs of each layer are compared:
where do they part? --arch says which network checkpoints are of whose tensors do not tell.`,
		Example: `  resnet diff 50 50_v1                     where the stride is
  resnet diff 34 mine.yaml
  resnet diff 50 resnext50_32x4d --format markdown
  resnet diff 18 mine.yaml --exit-code     in a script: 1 if they differ
  resnet diff before.pth after.safetensors --image photo.jpg
  resnet diff fp32.pth fp16.safetensors --tolerance 1e-3 --exit-code`,
		GroupID: groupLook,
		Args:    twoNets,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDiff(cmd.Context(), opts, args[0], args[1])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&opts.size, "size", "of both inputs in pixels: `HxW` is height x width, one number a square (default: each network's own)")
	flags.BoolVar(&opts.shapes, "shapes", false, "compare the networks alone, and read no weights")
	flags.StringVar(&opts.arch, "arch", "", "`NET` that both checkpoints are of")
	flags.StringVar(&opts.image, "image", "", "compare what two checkpoints make of an image `FILE`")
	numberFlag(flags, &opts.tolerance, "tolerance", 0, math.MaxFloat64, "relative distance `D` of weights and outputs up to which layers are the same")
	flags.BoolVar(&opts.exitCode, "exit-code", false, "exit with 1 where they differ")
	opts.reading.add(cmd)
	opts.output.add(cmd, render.Formats(&render.Diff{})...)
	cmd.ValidArgsFunction = completeNetNames
	return cmd
}

// twoNets is for commands that take two networks.
func twoNets(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usagef("%s needs two networks, got %d", cmd.CommandPath(), len(args))
	}
	return nil
}

func runDiff(ctx context.Context, opts *diffOptions, a, b string) error {
	format, err := opts.output.formatName()
	if err != nil {
		return err
	}
	switch {
	case opts.shapes && (opts.image != "" || opts.tolerance > 0 || opts.arch != ""):
		return usagef("--image, --tolerance and --arch are about weights, and with --shapes none are read")
	}
	view, err := opts.view(ctx, a, b)
	if err != nil {
		return err
	}
	err = opts.f.writeOutput(opts.output.file, func(w io.Writer) error {
		return render.Write(w, view, format, opts.f.look(opts.output.file, format))
	})
	switch {
	case err != nil:
		return err
	case opts.exitCode && !view.Same():
		return errFailed
	}
	return opts.answered
}

// view compares two networks.
func (o *diffOptions) view(ctx context.Context, a, b string) (*render.Diff, error) {
	netA, err := o.load(ctx, a)
	if err != nil {
		return nil, err
	}
	defer netA.Close()
	netB, err := o.load(ctx, b)
	if err != nil {
		return nil, err
	}
	defer netB.Close()
	view := &render.Diff{}
	for _, side := range []struct {
		net  *nets.Net
		view *render.DiffNet
		name string
	}{{netA, &view.A, a}, {netB, &view.B, b}} {
		if *side.view, err = o.parts(side.net); err != nil {
			return nil, err
		}
		if netA.Arch.Name == netB.Arch.Name {
			side.view.Name = side.name
		}
	}
	if view.Keys, err = diffKeys(netA, netB); err != nil {
		return nil, err
	}
	view.Changes = model.Compare(view.A.Parts, view.B.Parts)
	view.Weights, err = o.weights(ctx, netA, netB, view)
	return view, err
}

// load finds a network, and its weights where it has some.
func (o *diffOptions) load(ctx context.Context, name string) (*nets.Net, error) {
	if o.shapes {
		return o.f.nets().OpenGraph(ctx, o.reading.choice(name))
	}
	choice := o.reading.choice(name)
	if o.arch != "" {
		choice.Net, choice.Weights = o.arch, name
	}
	return o.f.nets().Open(ctx, choice)
}

// parts takes a network apart at the size of the comparison.
func (o *diffOptions) parts(n *nets.Net) (render.DiffNet, error) {
	input := shapeFlags{batch: 1, size: o.size}
	shape, err := input.shape(n)
	if err != nil {
		return render.DiffNet{}, err
	}
	parts, err := n.Graph.Parts(shape)
	if err != nil {
		return render.DiffNet{}, fmt.Errorf("%s: %w", n.Arch.Name, err)
	}
	return render.DiffNet{Head: render.Head{Spec: n.Arch.Spec, Input: shape}, Name: n.Arch.Name, Parts: parts}, nil
}

// diffKeys are the keys of the networks' YAML that have different values.
func diffKeys(a, b *nets.Net) ([]render.DiffKey, error) {
	keysA, err := config.Keys(a.Arch)
	if err != nil {
		return nil, err
	}
	keysB, err := config.Keys(b.Arch)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, k := range keysB {
		values[k.Name] = k.Value
	}
	var changed []render.DiffKey
	for _, k := range keysA {
		if values[k.Name] != k.Value {
			changed = append(changed, render.DiffKey{Key: k.Name, A: k.Value, B: values[k.Name]})
		}
		delete(values, k.Name)
	}
	for _, k := range keysB {
		if value, left := values[k.Name]; left {
			changed = append(changed, render.DiffKey{Key: k.Name, B: value})
		}
	}
	return changed, nil
}
