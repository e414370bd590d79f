package quant

import (
	"context"
	"fmt"
	"io"
	"unsafe"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/graph"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// Write writes a quantized network: the layers, and all else of the weights w as it is. Nothing is at path before all is
// written.
func Write(ctx context.Context, path string, g *graph.Graph, w graph.Weights, layers []*Layer, metadata map[string]string) error {
	f := file{values: map[string]func(*safetensors.Writer) error{}}
	replaced := map[string]*Layer{} // by the path of the layer, and of its batch norm
	for _, l := range layers {
		replaced[l.Path] = l
		if l.Group.BatchNorm >= 0 {
			replaced[g.Calls[l.Group.BatchNorm].Path] = l
		}
	}
	for _, p := range g.Params() {
		call := g.Calls[p.Call]
		l, ok := replaced[call.Path]
		_, norm := call.Op.(graph.BatchNorm)
		switch {
		case ok && !norm && p.Name == l.Path+".bias":
			f.floats(p.Name, p.Shape, l.Shift)
		case !ok:
			f.add(p.Name, p.Shape, tensor.Float32, func(out *safetensors.Writer) error {
				values := make([]float32, p.Shape.Elements())
				if err := w.Read(p.Name, values); err != nil {
					return err
				}
				return out.Write(p.Name, values)
			})
		case norm:
			f.floats(p.Name, p.Shape, shiftOnly(p.Name[len(call.Path):], l.Shift))
		default:
			f.layer(l, p.Shape)
		}
	}
	out, err := safetensors.Create(path, f.specs, metadata)
	if err != nil {
		return err
	}
	defer out.Abort()
	for _, s := range f.specs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.values[s.Name](out); err != nil {
			return err
		}
	}
	return out.Close()
}

// shiftOnly is a parameter of a batch norm that adds a shift.
func shiftOnly(param string, shift []float32) []float32 {
	if param == ".bias" {
		return shift
	}
	value := map[string]float32{".weight": 1, ".running_mean": 0, ".running_var": 1 - graph.BatchNormEps}[param]
	values := make([]float32, len(shift))
	for i := range values {
		values[i] = value
	}
	return values
}

// file is the tensors of a file, in order, and what writes each.
type file struct {
	specs  []safetensors.Spec
	values map[string]func(*safetensors.Writer) error
}

func (f *file) add(name string, shape tensor.Shape, dtype tensor.DType, write func(*safetensors.Writer) error) {
	f.specs = append(f.specs, safetensors.Spec{Name: name, Info: tensor.Info{Shape: shape, DType: dtype}})
	f.values[name] = write
}

func (f *file) floats(name string, shape tensor.Shape, values []float32) {
	f.add(name, shape, tensor.Float32, func(w *safetensors.Writer) error { return w.Write(name, values) })
}

func (f *file) bytes(name string, shape tensor.Shape, dtype tensor.DType, values []byte) {
	f.add(name, shape, dtype, func(w *safetensors.Writer) error {
		return w.WriteFrom(name, func(to io.Writer) error {
			_, err := to.Write(values)
			return err
		})
	})
}

func (f *file) layer(l *Layer, shape tensor.Shape) {
	f.bytes(l.Path+weightSuffix, shape, tensor.Int8, unsafe.Slice((*byte)(unsafe.Pointer(&l.Weight[0])), len(l.Weight)))
	f.floats(l.Path+scaleSuffix, tensor.Shape{len(l.Scale)}, l.Scale)
	for i, p := range []ops.Int8Param{l.Input, l.Residual, l.Output} {
		if p.Scale != 0 {
			name := fmt.Sprintf("%s.%s", l.Path, values[i])
			f.floats(name+"_scale", tensor.Shape{1}, []float32{p.Scale})
			f.bytes(name+"_zero_point", tensor.Shape{1}, tensor.UInt8, []byte{p.Zero})
		}
	}
}
