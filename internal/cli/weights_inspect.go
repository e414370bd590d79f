package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/quant"
	"resnet/internal/render"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

type inspectOptions struct {
	f       *factory
	config  bool
	reading readingFlags
	pull    bool
	output  outputFlags
}

func newWeightsInspectCmd(f *factory) *cobra.Command {
	opts := &inspectOptions{f: f}
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a checkpoint holds: tensors, statistics, the network",
		Long: `Show what a checkpoint holds: its tensors with type, shape and statistics, and the network that they are of.
FILE may be a folder or a set's name too. Nothing in the file is executed or trusted.

--config writes the YAML that builds the network, whether or not it is built in.`,
		Example: `  resnet weights inspect model.pth
  resnet weights inspect model.pth --config -o mine.yaml
  resnet weights inspect model.safetensors --format json | jq .totals`,
		Args: oneArg("a checkpoint file"),
		RunE: func(cmd *cobra.Command, args []string) error { return runInspect(cmd.Context(), opts, args[0]) },
	}
	cmd.Flags().BoolVar(&opts.config, "config", false, "write the YAML of the network")
	opts.reading.add(cmd)
	cmd.Flags().BoolVar(&opts.pull, "pull", false, "download a set that is not on this disk")
	opts.output.add(cmd, render.Formats(&render.Inspection{})...)
	return cmd
}

func runInspect(ctx context.Context, o *inspectOptions, what string) error {
	source, file, err := o.f.nets().OpenFile(ctx, what, o.pull)
	if err != nil {
		return err
	}
	defer file.Close()
	if o.config {
		if o.output.command.Flags().Changed("format") {
			return usagef("--config writes YAML; --format is for the table")
		}
		if source.HeadOnly() {
			return o.writeHeaded(ctx, what)
		}
		return o.writeConfig(ctx, file, source)
	}
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	view, err := o.view(ctx, what, file, source)
	if err != nil {
		return err
	}
	if format == "json" || format == "ndjson" {
		if view.SHA256, err = source.SHA256(); err != nil {
			return err
		}
	}
	return o.f.writeOutput(o.output.file, func(w io.Writer) error {
		return render.Write(w, view, format, o.f.look(o.output.file, format))
	})
}

// writeConfig writes the network as YAML. What the tensors do not tell stands in it as a question on stderr.
func (o *inspectOptions) writeConfig(ctx context.Context, file *checkpoint.File, source *weights.Source) error {
	found, err := nets.Recognize(ctx, file, source, o.reading.choice(""))
	if question, ok := errors.AsType[*bind.ChoiceError](err); ok {
		o.f.warnf("%s: %v; the YAML says %s: %s", source.Name, question, question.Key, found.Spec.Shortcut)
		err = nil
	}
	if err != nil {
		return err
	}
	for _, assumed := range found.Assumed() {
		o.f.warnf("%s: the tensors do not tell, so taken for granted: %s", source.Name, assumed)
	}
	arch, err := found.Arch()
	if err != nil {
		return err
	}
	if list := source.Labels; list != nil && arch.Labels != list.Name {
		o.f.warnf("%s: the names of its %s are no part of the YAML", source.Name, plural(len(list.Classes), "class", "classes"))
	}
	return o.f.writeOutput(o.output.file, func(w io.Writer) error {
		_, err := io.WriteString(w, config.Commented(arch))
		return err
	})
}

func (o *inspectOptions) view(ctx context.Context, what string, file *checkpoint.File, source *weights.Source) (*render.Inspection, error) {
	view := &render.Inspection{File: source.Name, Format: file.Format(), Size: file.Size(), Warnings: file.Warnings()}
	found, err := o.recognize(ctx, what, file, source, view)
	switch {
	case err == nil && found != nil:
		view.Arch, view.Dialect = found.Spec.Name, found.Dialect()
		view.Network = networkWords(found)
		if assumed := found.Assumed(); len(assumed) > 0 {
			view.Warnings = append(view.Warnings, "not told by the tensors, taken for granted: "+strings.Join(assumed, ", ")+o.f.otherwise(nets.Notice{Others: found.Others(), Bares: found.Bares()}))
		}
		if words := found.Lookalikes(); words != "" {
			view.Warnings = append(view.Warnings, words)
		}
		if name := source.Network(); name != "" && name != found.Spec.Name {
			view.Network = name + ": " + view.Network
		}
		if quant.Is(file) {
			view.Network += ", " + quant.Words(file.Metadata())
		}
	case err != nil:
		view.Network = cmp.Or(view.Network, "network unknown")
		view.Warnings = append(view.Warnings, strings.Split(o.f.errorText(err), "\n")...)
	}
	bound, unread := o.bound(found, file), 0
	parameters := map[string]string{}
	if o.reading.match == matchStructure {
		for _, b := range bound {
			parameters[b.Tensor] = b.Param
		}
	}
	for _, name := range inOrder(file, bound) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, err := inspectTensor(file, name)
		if err != nil {
			return nil, err
		}
		t.Parameter = parameters[name]
		if t.Unread {
			unread++
		}
		view.Tensors = append(view.Tensors, t)
		view.Params += int64(tensor.Shape(t.Shape).Elements())
	}
	if unread > 0 {
		view.Warnings = append(view.Warnings, plural(unread, "tensor has", "tensors have")+" elements of a type that is not read")
	}
	return view, nil
}

// recognize finds the network of a file. That of a head alone is opened with what it stands on, and then shown already.
func (o *inspectOptions) recognize(ctx context.Context, what string, file *checkpoint.File, source *weights.Source, view *render.Inspection) (*nets.Recognition, error) {
	if !source.HeadOnly() {
		return nets.Recognize(ctx, file, source, o.reading.choice(""))
	}
	view.Network = "a head alone, for " + source.Told.Base
	n, err := o.headed(ctx, what)
	if err != nil {
		return nil, err
	}
	view.Arch = n.Arch.Name
	view.Network += fmt.Sprintf(", with which it is %s, %s", n.Arch.Name, plural(n.Arch.Spec.NumClasses, "class", "classes"))
	return nil, n.Close()
}

// headed opens the network of a head.
func (o *inspectOptions) headed(ctx context.Context, what string) (*nets.Net, error) {
	return o.f.nets().Open(ctx, nets.Choice{Weights: what, Trained: true})
}

// writeHeaded writes the network of a head as YAML.
func (o *inspectOptions) writeHeaded(ctx context.Context, what string) error {
	n, err := o.headed(ctx, what)
	if err != nil {
		return err
	}
	defer n.Close()
	return o.f.writeOutput(o.output.file, func(w io.Writer) error {
		_, err := io.WriteString(w, config.Commented(n.Arch))
		return err
	})
}

// bound are the parameters of the recognized network and their tensors, in the network's order; nil where there is none.
func (o *inspectOptions) bound(found *nets.Recognition, file *checkpoint.File) []bind.Bound {
	if found == nil {
		return nil
	}
	arch, err := found.Arch()
	if err != nil {
		return nil // it is no network, as a warning says
	}
	_, binding, err := bind.Bind(arch.Graph, file, bind.Options{Structure: o.reading.match == matchStructure, AllowExtra: o.reading.allowExtra})
	if err != nil {
		return nil
	}
	return binding.Bound
}

// inOrder are all tensors of a file, the network's first and in its order.
func inOrder(file *checkpoint.File, bound []bind.Bound) []string {
	var names []string
	listed := map[string]bool{}
	add := func(name string) {
		if _, ok := file.Info(name); ok && !listed[name] {
			listed[name] = true
			names = append(names, name)
		}
	}
	for _, b := range bound {
		add(b.Tensor)
	}
	for _, name := range file.Names() {
		add(name)
	}
	return names
}

// networkWords says what a recognized network is: resnet50, 1,000 classes, transformers' names.
func networkWords(found *nets.Recognition) string {
	spec := found.Spec
	name := spec.Name
	if name == "" {
		depth, _ := spec.WeightedLayers()
		name = fmt.Sprintf("a ResNet of %d layers", depth)
	}
	names := found.Dialect() + " names"
	if found.Dialect() == matchStructure {
		names = "by structure"
	}
	classes := plural(spec.NumClasses, "class", "classes")
	if spec.Classifier == model.ClassifierNone {
		classes = "no classifier"
	}
	return fmt.Sprintf("%s, %s, %s", name, classes, names)
}

// inspectTensor reads one tensor and sums it up in float64.
func inspectTensor(file *checkpoint.File, name string) (render.InspectedTensor, error) {
	info, _ := file.Info(name)
	t := render.InspectedTensor{Name: name, DType: string(info.DType), Shape: append([]int{}, info.Shape...)}
	if t.Unread = info.DType.Size() == 0; t.Unread {
		return t, nil
	}
	values := make([]float32, info.Shape.Elements())
	if err := file.Read(name, values); err != nil {
		return t, err
	}
	if !info.DType.Floating() || len(values) == 0 {
		return t, nil
	}
	sum, low, high := 0.0, math.Inf(1), math.Inf(-1)
	for _, v := range values {
		switch f := float64(v); {
		case math.IsNaN(f):
			t.NaN++
		case math.IsInf(f, 0):
			t.Inf++
		default:
			sum += f
			low, high = min(low, f), max(high, f)
		}
	}
	n := float64(int64(len(values)) - t.NaN - t.Inf)
	if n == 0 {
		return t, nil
	}
	mean, squares := sum/n, 0.0
	for _, v := range values {
		if d := float64(v) - mean; number.Finite(d) {
			squares += d * d
		}
	}
	std := math.Sqrt(squares / n)
	t.Mean, t.Std, t.Min, t.Max = &mean, &std, &low, &high
	return t, nil
}

// oneArg is for commands that take exactly one of what is called name.
func oneArg(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%s needs %s, got %d", cmd.CommandPath(), name, len(args))
		}
		return nil
	}
}
