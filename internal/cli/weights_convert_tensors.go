package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/graph"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/quant"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

// tensorList is what is written: tensors by their names there, and those that they are written under.
type tensorList struct {
	source         string // as outputs name it
	from           graph.Weights
	names, written []string
	metadata       map[string]string // that travels with them
}

// copy writes the tensors of a file, or what a file that is not PyTorch's comes to.
func (o *convertOptions) copy(ctx context.Context, in, out string) error {
	source, file, err := o.f.nets().OpenFile(ctx, in, o.weights.pull)
	if err != nil {
		return err
	}
	defer file.Close()
	translated, err := bind.Translated(file)
	if source.HeadOnly() {
		translated = true // with what it stands on it becomes a network
	}
	switch {
	case err != nil:
		return &nets.WeightsError{Name: source.Name, Err: err}
	case translated && o.part != "":
		return usagef("--part: %s holds one network", source.Name)
	case translated:
		return o.network(ctx, in, out)
	}
	list, err := o.located(source.Name, file)
	if err != nil {
		return &nets.WeightsError{Name: source.Name, Err: err}
	}
	return o.write(ctx, list, out)
}

// located lists the tensors of the network in a file.
func (o *convertOptions) located(name string, file *checkpoint.File) (tensorList, error) {
	where, err := bind.Locate(file, o.part)
	if err != nil {
		return tensorList{}, err
	}
	for _, note := range where.Notes {
		o.f.warnf("%s: %s", name, note)
	}
	list := tensorList{source: name, from: file, names: where.Names, metadata: weights.Kept(file.Metadata())}
	maps.Copy(list.metadata, quant.RecipeOf(file.Metadata()))
	for _, tensor := range where.Names {
		list.written = append(list.written, strings.TrimPrefix(tensor, where.Prefix))
	}
	return list, nil
}

// write writes tensors as safetensors.
func (o *convertOptions) write(ctx context.Context, list tensorList, out string) error {
	specs := make([]safetensors.Spec, len(list.names))
	kept := 0
	for i, name := range list.names {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, _ := list.from.Info(name)
		if info.DType.Size() == 0 {
			return &nets.WeightsError{Name: list.source, Err: fmt.Errorf("tensor %q: %s", name, bind.TypeAdvice(info.DType))}
		}
		if o.dtype != "" && info.DType.Floating() {
			fits, err := fitsInto(list.from, name, tensor.DType(o.dtype))
			if err != nil {
				return err
			}
			if fits {
				info.DType = tensor.DType(o.dtype)
			} else {
				kept++
			}
		}
		specs[i] = safetensors.Spec{Name: list.written[i], Info: info}
	}
	path, err := o.f.targetFile(out)
	if err != nil {
		return err
	}
	metadata := map[string]string{"format": "pt"}
	maps.Copy(metadata, list.metadata)
	w, err := safetensors.Create(path, specs, metadata)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := writeTensors(ctx, w, list.from, list.names, specs); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if kept > 0 {
		o.f.warnf("%s: %s kept as before: there are values too large for %s", out, plural(kept, "tensor is", "tensors are"), o.dtype)
	}
	_, err = fmt.Fprintf(o.f.Out, "%s: %s tensors\n", out, number.Thousands(int64(len(specs))))
	return failed(err)
}

// streamer gives tensors as they are stored. What is computed from a file's tensors is none.
type streamer interface {
	Stream(name string, w io.Writer) error
}

// writeTensors copies tensors as they are stored, or converts them.
func writeTensors(ctx context.Context, w *safetensors.Writer, from graph.Weights, names []string, specs []safetensors.Spec) error {
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, _ := from.Info(name)
		if stored, ok := from.(streamer); ok && info.DType == specs[i].DType {
			err := w.WriteFrom(specs[i].Name, func(to io.Writer) error { return stored.Stream(name, to) })
			if err != nil {
				return err
			}
			continue
		}
		values := make([]float32, info.Shape.Elements())
		if err := from.Read(name, values); err != nil {
			return err
		}
		if err := w.Write(specs[i].Name, values); err != nil {
			return err
		}
	}
	return nil
}

// infiniteHalf is the least number that float16 rounds to infinity.
const infiniteHalf = 65520

// fitsInto tells whether no finite value of a tensor becomes infinite in a type: the variances of a deep network without shortcuts
// do in float16.
func fitsInto(from graph.Weights, name string, dtype tensor.DType) (bool, error) {
	info, _ := from.Info(name)
	if dtype != tensor.Float16 || info.DType == dtype {
		return true, nil
	}
	values := make([]float32, info.Shape.Elements())
	if err := from.Read(name, values); err != nil {
		return false, err
	}
	return !slices.ContainsFunc(values, func(v float32) bool {
		abs := math.Abs(float64(v))
		return abs >= infiniteHalf && !math.IsInf(abs, 0)
	}), nil
}
