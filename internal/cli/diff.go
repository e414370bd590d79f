package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/render"
)

type diffOptions struct {
	f *factory

	size     sizeFlag
	output   outputFlags
	exitCode bool
}

func newDiffCmd(f *factory) *cobra.Command {
	opts := &diffOptions{f: f}
	cmd := &cobra.Command{
		Use:   "diff NET NET",
		Short: "Show in what two networks differ",
		Long: `Show in what two networks differ: the keys of their YAML, then stage by stage and block by block the
layers, with what the second has more or less in parameters and multiply-adds (MACs). What is the same
is left out; blocks in a row that differ alike are one line. The lines add up to the last one.

Each network has its own input unless --size gives both the same.`,
		Example: `  resnet diff 50 50_v1                     where the stride is
  resnet diff 34 mine.yaml
  resnet diff 50 resnext50_32x4d --format markdown
  resnet diff 18 mine.yaml --exit-code     in a script: 1 if they differ`,
		GroupID: groupLook,
		Args:    twoNets,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDiff(cmd.Context(), opts, args[0], args[1])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&opts.size, "size", "of both inputs in pixels: `HxW` is height x width, one number a square (default: each network's own)")
	flags.BoolVar(&opts.exitCode, "exit-code", false, "exit with 1 where they differ")
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

func runDiff(_ context.Context, opts *diffOptions, a, b string) error {
	format, err := opts.output.formatName()
	if err != nil {
		return err
	}
	view, err := opts.view(a, b)
	if err != nil {
		return err
	}
	err = opts.f.writeOutput(opts.output.file, func(w io.Writer) error {
		return render.Write(w, view, format, render.Look(opts.f.look(opts.output.file)))
	})
	if err == nil && opts.exitCode && !view.Same() {
		return errFailed
	}
	return err
}

// view compares two networks.
func (o *diffOptions) view(a, b string) (*render.Diff, error) {
	netA, viewA, err := o.load(a)
	if err != nil {
		return nil, err
	}
	netB, viewB, err := o.load(b)
	if err != nil {
		return nil, err
	}
	viewA.Name, viewB.Name = netA.Name, netB.Name
	if netA.Name == netB.Name {
		viewA.Name, viewB.Name = a, b
	}
	keys, err := diffKeys(netA, netB)
	if err != nil {
		return nil, err
	}
	return &render.Diff{A: viewA, B: viewB, Keys: keys, Changes: model.Compare(viewA.Parts, viewB.Parts)}, nil
}

func (o *diffOptions) load(name string) (*net, render.DiffNet, error) {
	n, err := o.f.loadNet(name)
	if err != nil {
		return nil, render.DiffNet{}, err
	}
	input := inputFlags{batch: 1, size: o.size}
	shape, err := input.shape(n)
	if err != nil {
		return nil, render.DiffNet{}, err
	}
	parts, err := n.graph.Parts(shape)
	if err != nil {
		return nil, render.DiffNet{}, fmt.Errorf("%s: %w", name, err)
	}
	return n, render.DiffNet{Head: render.Head{Spec: n.Spec, Input: shape}, Parts: parts}, nil
}

// diffKeys are the keys of the networks' YAML that have different values.
func diffKeys(a, b *net) ([]render.DiffKey, error) {
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
