package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/bind"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

type convertOptions struct {
	f     *factory
	flags *pflag.FlagSet

	dtype   string
	part    string
	names   string
	seed    uint64
	weights weightsFlags
}

func newWeightsConvertCmd(f *factory) *cobra.Command {
	opts := &convertOptions{f: f}
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Write a checkpoint as safetensors, or a network as ONNX",
		Long: `Write a checkpoint as safetensors, or a network with its weights as ONNX: the ending of OUT says which.

OUT.safetensors has the same tensors, bit for bit, in the same order. Of a training's file it is the network
alone: what the optimizer keeps is left out, and so is what stands before all names (module., state_dict.).
Where a file has several networks, --part says which. --dtype rounds floating-point tensors to the nearest
value of another type; a tensor that has values too large for it keeps its own. A file of Keras, MLX or ONNX
is written with torchvision's names and layout; a bias before a batch norm becomes part of its running mean.
--names writes the names of a library, for its own load_state_dict(strict=True).

OUT.onnx is a model of opset 20 for batches of any size, in float32, with operators and tensors named by the
paths that every command shows. A quantized file becomes one with QuantizeLinear and DequantizeLinear.
Preprocessing, class names and licence stand in its metadata, from where every command takes them.

IN is a checkpoint, a folder or a set; or a network, where --weights or its YAML names the weights, or --seed
makes random ones.`,
		Example: `  resnet weights convert model.pth model.safetensors
  resnet weights convert model.pth half.safetensors --dtype float16
  resnet weights convert model.keras model.safetensors --names transformers
  resnet weights convert resnet50 resnet50.onnx
  resnet weights convert 50 mine.onnx --weights r50.pth
  resnet weights convert 152 random.onnx --seed 1`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%s needs a checkpoint and a file to write, got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runConvert(cmd.Context(), opts, args[0], args[1])
		},
	}
	flags := cmd.Flags()
	opts.flags = flags
	words := []string{string(tensor.Float32), string(tensor.Float16), string(tensor.BFloat16), string(tensor.Float64)}
	choiceFlag(cmd, flags, &opts.dtype, "dtype", words, "type of floating-point tensors (default: as they are)")
	flags.StringVar(&opts.part, "part", "", "the network that `PREFIX` stands before, where there are several")
	choiceFlag(cmd, flags, &opts.names, "names", bind.Libraries(), "names of the tensors")
	flags.Uint64Var(&opts.seed, "seed", 0, "random weights of a seed `N` instead of trained ones")
	opts.weights.add(cmd)
	return cmd
}

// Endings of the formats that convert writes.
const (
	endingSafetensors = ".safetensors"
	endingONNX        = ".onnx"
)

// convertEndings are those of the formats that convert writes.
var convertEndings = []string{endingSafetensors, endingONNX}

func runConvert(ctx context.Context, o *convertOptions, in, out string) error {
	if err := o.check(out); err != nil {
		return err
	}
	switch {
	case hasEnding(out, endingONNX):
		return o.onnx(ctx, in, out)
	case o.asNetwork(in):
		return o.network(ctx, in, out)
	}
	return o.copy(ctx, in, out)
}

func (o *convertOptions) check(out string) error {
	if err := checkEnding(out, convertEndings...); err != nil {
		return err
	}
	onnx := hasEnding(out, endingONNX)
	switch {
	case onnx && o.dtype != "":
		return usagef("--dtype: an ONNX model is written in float32")
	case onnx && o.names != "":
		return usagef("--names: an ONNX model has the names that the layers have here")
	case o.flags.Changed("seed") && o.readsWeights():
		return usagef("--seed makes weights, and goes with no flag that says which to read")
	case o.part != "" && (onnx || o.bound()):
		return usagef("--part takes tensors as they are: write them to a .safetensors first, without other flags")
	}
	return nil
}

// bound tells whether a flag wants the tensors bound to a network.
func (o *convertOptions) bound() bool {
	return o.names != "" || o.flags.Changed("seed") || o.binds()
}

// readsWeights tells whether a flag says which weights to read, or how.
func (o *convertOptions) readsWeights() bool { return o.weights.pull || o.binds() }

// binds tells whether a flag says which weights go with a network, or how they are bound to it.
func (o *convertOptions) binds() bool {
	return o.weights.name != "" || o.weights.reading.allowExtra || o.flags.Changed("match") || o.flags.Changed("shortcut")
}

// asNetwork tells whether the tensors are those of a network, not a file's own.
func (o *convertOptions) asNetwork(in string) bool { return o.bound() || nets.IsYAML(in) }

// open finds the network, with its weights.
func (o *convertOptions) open(ctx context.Context, in string) (*nets.Net, error) {
	if o.flags.Changed("seed") {
		return o.f.nets().OpenRandom(ctx, in, o.seed)
	}
	c := o.weights.choice()
	if c.Weights == "" && !nets.IsYAML(in) {
		c.Weights = in
	} else {
		c.Net, c.Trained = in, true
	}
	return o.f.nets().Open(ctx, c)
}

// onnx writes an ONNX model.
func (o *convertOptions) onnx(ctx context.Context, in, out string) error {
	n, err := o.open(ctx, in)
	if err != nil {
		return err
	}
	defer n.Close()
	path, err := o.f.targetFile(out)
	if err != nil {
		return err
	}
	tensors, err := n.WriteONNX(ctx, path)
	if err != nil {
		return err
	}
	what := ""
	if n.Quantized() {
		what = ", int8"
	}
	_, err = fmt.Fprintf(o.f.Out, "%s: %s%s, %s\n", out, n.Arch.Name, what, plural(tensors, "tensor", "tensors"))
	return failed(err)
}

// network writes the tensors of a network as safetensors.
func (o *convertOptions) network(ctx context.Context, in, out string) error {
	n, err := o.open(ctx, in)
	if err != nil {
		return err
	}
	defer n.Close()
	if n.Quantized() {
		return usagef("%s is quantized: its file is copied as it is, without --names, --weights, --match, --allow-extra and --shortcut", n.WeightsWords())
	}
	list := tensorList{source: in, from: n.Weights, names: n.Weights.Names(), written: n.Weights.Names()}
	if o.names != "" {
		if list.written, err = bind.Rename(n.Weights.Names(), o.names); err != nil {
			return &nets.WeightsError{Name: in, Err: err}
		}
	}
	if list.metadata, err = n.Metadata(ctx, false); err != nil {
		return err
	}
	o.untold(n, in)
	return o.write(ctx, list, out)
}

// untold says what of a network its tensors do not tell.
func (o *convertOptions) untold(n *nets.Net, in string) {
	s := n.Arch.Spec
	shortcut := s.Bare().Name
	advice := "keep it in a YAML file"
	if n.Builtin() {
		advice = "the metadata names " + n.Arch.Name + ", which other programs do not read"
	}
	for _, key := range []struct{ name, value, usual string }{
		{"stride_in", s.StrideIn, model.Stride3x3}, {"padding", s.Padding, model.PaddingSymmetric}, {"shortcut", shortcut, ""},
	} {
		if key.value != key.usual {
			o.f.warnf("%s: the tensors that are written do not tell that the network has %s: %s; %s", in, key.name, key.value, advice)
		}
	}
}
