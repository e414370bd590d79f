package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/bind"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/tensor"
)

type convertOptions struct {
	f     *factory
	dtype string
	part  string
	pull  bool
}

func newWeightsConvertCmd(f *factory) *cobra.Command {
	opts := &convertOptions{f: f}
	cmd := &cobra.Command{
		Use:   "convert IN OUT.safetensors",
		Short: "Write a checkpoint as safetensors",
		Long: `Write a checkpoint as safetensors: the same tensors, bit for bit, in the same order. Of a training's file it is
the network alone: what the optimizer keeps is left out, and so is what stands before all names (module.,
state_dict.). Where a file has several networks, --part says which. --dtype rounds floating-point tensors
to the nearest value of another type. A file of Keras or MLX is written with torchvision's names and layout;
a bias before a batch norm becomes part of its running mean.`,
		Example: `  resnet weights convert model.pth model.safetensors
  resnet weights convert model.pth half.safetensors --dtype float16`,
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
	words := []string{string(tensor.Float32), string(tensor.Float16), string(tensor.BFloat16), string(tensor.Float64)}
	choiceFlag(cmd, cmd.Flags(), &opts.dtype, "dtype", words, "type of floating-point tensors (default: as they are)")
	cmd.Flags().StringVar(&opts.part, "part", "", "the network that `PREFIX` stands before, where there are several")
	cmd.Flags().BoolVar(&opts.pull, "pull", false, "download a set that is not on this disk")
	return cmd
}

// convertEndings are those of the formats that convert writes.
var convertEndings = []string{".safetensors"}

func runConvert(ctx context.Context, o *convertOptions, in, out string) error {
	if err := checkEnding(out, convertEndings...); err != nil {
		return err
	}
	source, err := o.f.nets().Resolve(ctx, in, o.pull)
	if err != nil {
		return err
	}
	file, err := source.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	var from graph.Weights = file
	where := &bind.Located{}
	translated, err := bind.Translated(file)
	switch {
	case err != nil:
	case translated && o.part != "":
		return usagef("--part: %s holds one network", source.Name)
	case translated:
		n, err := o.translate(ctx, in)
		if err != nil {
			return err
		}
		defer n.Close()
		from, where.Names = n.Weights, n.Weights.Names()
	default:
		where, err = bind.Locate(file, o.part)
	}
	if err != nil {
		return &nets.WeightsError{Name: source.Name, Err: err}
	}
	for _, note := range where.Notes {
		o.f.warnf("%s: %s", source.Name, note)
	}
	specs := make([]safetensors.Spec, len(where.Names))
	for i, name := range where.Names {
		info, _ := from.Info(name)
		if info.DType.Size() == 0 {
			return &nets.WeightsError{Name: source.Name, Err: fmt.Errorf("tensor %q: %s", name, bind.TypeAdvice(info.DType))}
		}
		if o.dtype != "" && info.DType.Floating() {
			info.DType = tensor.DType(o.dtype)
		}
		specs[i] = safetensors.Spec{Name: strings.TrimPrefix(name, where.Prefix), Info: info}
	}
	path, err := o.f.target(out)
	if err != nil {
		return err
	}
	w, err := safetensors.Create(path, specs, map[string]string{"format": "pt"})
	if err != nil {
		return err
	}
	defer w.Abort()
	overflow, err := writeTensors(ctx, w, from, where.Names, specs)
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if overflow > 0 {
		o.f.warnf("%s: %s became infinite: too large for %s", out, plural(overflow, "value", "values"), o.dtype)
	}
	_, err = fmt.Fprintf(o.f.Out, "%s: %s tensors\n", out, number.Thousands(int64(len(specs))))
	return failed(err)
}

// streamer gives tensors as they are stored. What is computed from a file's tensors is none.
type streamer interface {
	Stream(name string, w io.Writer) error
}

// translate opens a file that is not PyTorch's under torchvision's names, and says what of the network these do not tell.
func (o *convertOptions) translate(ctx context.Context, in string) (*nets.Net, error) {
	n, err := o.f.nets().Open(ctx, nets.Choice{Net: in})
	if err != nil {
		return nil, err
	}
	for _, key := range []struct{ name, value, usual string }{
		{"stride_in", n.Arch.Spec.StrideIn, model.Stride3x3}, {"padding", n.Arch.Spec.Padding, model.PaddingSymmetric},
	} {
		if key.value != key.usual {
			o.f.warnf("%s: the tensors that are written do not tell that the network has %s: %s; keep it in a YAML file", in, key.name, key.value)
		}
	}
	return n, nil
}

// writeTensors copies tensors as they are stored, or converts them, and counts the values that became too large.
func writeTensors(ctx context.Context, w *safetensors.Writer, from graph.Weights, names []string, specs []safetensors.Spec) (overflow int, err error) {
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		info, _ := from.Info(name)
		if stored, ok := from.(streamer); ok && info.DType == specs[i].DType {
			err := w.WriteFrom(specs[i].Name, func(to io.Writer) error { return stored.Stream(name, to) })
			if err != nil {
				return 0, err
			}
			continue
		}
		values := make([]float32, info.Shape.Elements())
		if err := from.Read(name, values); err != nil {
			return 0, err
		}
		if specs[i].DType == tensor.Float16 {
			overflow += tooLarge(values, 65520)
		}
		if err := w.Write(specs[i].Name, values); err != nil {
			return 0, err
		}
	}
	return overflow, nil
}

// tooLarge counts finite values that become infinite.
func tooLarge(values []float32, limit float64) int {
	n := 0
	for _, v := range values {
		if abs := math.Abs(float64(v)); abs >= limit && !math.IsInf(abs, 0) {
			n++
		}
	}
	return n
}
