package export

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"resnet/internal/checkpoint/onnx"
	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// findBytes finds the calls of layers in bytes.
func (e *exporter) findBytes() (err error) {
	e.groups, e.ends, e.quantized = map[int]*engine.Int8Group{}, map[graph.Value]*engine.Int8Group{}, map[graph.Value]string{}
	for _, group := range engine.Int8Groups(e.Graph) {
		if _, ok := e.Int8[e.Graph.Calls[group.Layer].Path]; !ok {
			continue
		}
		e.groups[group.Layer], e.groups[group.BatchNorm], e.groups[group.Add] = &group, &group, &group // -1 is no call
		e.ends[group.Output] = &group
	}
	e.params, err = engine.Int8Params(e.Graph, e.Int8)
	return err
}

func (e *exporter) layer(group *engine.Int8Group) engine.Int8Layer {
	return e.Int8[e.Graph.Calls[group.Layer].Path]
}

// int8Layer adds a convolution or fully connected layer in bytes.
func (e *exporter) int8Layer(i int, call graph.Call, group *engine.Int8Group) error {
	layer, params := e.layer(group), call.Op.Params()
	weight := call.Path + ".weight"
	channels := params[0].Shape[0]
	if len(layer.Scale) != channels {
		return fmt.Errorf("%s: %d scales of output channels, want %d", call.Path, len(layer.Scale), channels)
	}
	e.add(weight, params[0].Shape, tensor.Int8, func(w io.Writer) error {
		values := make([]int8, params[0].Shape.Elements())
		if err := layer.Read(values); err != nil {
			return err
		}
		return binary.Write(w, binary.LittleEndian, values)
	})
	inputs := []string{e.bytes(call.Inputs[0]), e.dequantize(weight, tensor.Int8, layer.Scale)}
	bias, err := e.bias(call, group, channels)
	if err != nil {
		return err
	}
	if bias != "" {
		inputs = append(inputs, bias)
	}
	op := call.Op.ONNX()[0]
	output := e.outputName(i, call)
	e.nodes = append(e.nodes, onnx.Node{Name: e.names[i], Op: op.Type, Inputs: inputs, Outputs: []string{output}, Attrs: attributes(op.Attrs)})
	e.values[call.Output] = output
	return nil
}

// bias adds what a layer in bytes adds to its sums, as whole numbers of the sums' own steps: its bias, or the shift of the
// batch norm behind, whose scale is in the weights. It is "" where there is neither.
func (e *exporter) bias(call graph.Call, group *engine.Int8Group, channels int) (string, error) {
	shift := make([]float32, channels)
	name := call.Path + ".bias"
	switch own := len(call.Op.Params()) > 1; {
	case group.BatchNorm >= 0:
		var err error
		if _, shift, err = engine.ReadBatchNorm(e.Weights, e.Graph.Calls[group.BatchNorm].Path, channels); err != nil {
			return "", err
		}
	case own:
		if err := e.Weights.Read(name, shift); err != nil {
			return "", err
		}
	default:
		return "", nil
	}
	layer := e.layer(group)
	steps, whole := make([]float32, channels), make([]int32, channels)
	for o, v := range shift {
		steps[o] = layer.Input.Scale * layer.Scale[o]
		n := math.RoundToEven(float64(v) / float64(steps[o]))
		if !(math.Abs(n) <= math.MaxInt32) {
			return "", fmt.Errorf("%s: output channel %d: its shift of %g does not fit into 32 bits with a step of %g", call.Path, o, v, steps[o])
		}
		whole[o] = int32(n)
	}
	e.add(name, tensor.Shape{channels}, tensor.Int32, littleEndian(whole))
	return e.dequantize(name, tensor.Int32, steps), nil
}

// bytes is a value as layers in bytes read it: rounded to the numbers that bytes stand for.
func (e *exporter) bytes(v graph.Value) string {
	if name, ok := e.quantized[v]; ok {
		return name
	}
	name, p := e.values[v], e.params[v]
	scale, zero := name+".scale", name+".zero_point"
	e.add(scale, tensor.Shape{}, tensor.Float32, littleEndian(p.Scale))
	e.add(zero, tensor.Shape{}, tensor.UInt8, littleEndian(p.Zero))
	quantized, back := name+".quantized", name+".dequantized"
	e.nodes = append(e.nodes,
		onnx.Node{Name: name + ".quantize", Op: "QuantizeLinear", Inputs: []string{name, scale, zero}, Outputs: []string{quantized}},
		onnx.Node{Name: name + ".dequantize", Op: "DequantizeLinear", Inputs: []string{quantized, scale, zero}, Outputs: []string{back}},
	)
	e.quantized[v] = back
	return back
}

// dequantize turns a tensor of whole numbers into what they stand for, by a scale for each output channel.
func (e *exporter) dequantize(name string, dtype tensor.DType, scales []float32) string {
	scale, point := name+".scale", name+".zero_point"
	e.add(scale, tensor.Shape{len(scales)}, tensor.Float32, littleEndian(scales))
	e.add(point, tensor.Shape{len(scales)}, dtype, func(w io.Writer) error {
		_, err := w.Write(make([]byte, len(scales)*dtype.Size()))
		return err
	})
	back := name + ".dequantized"
	e.nodes = append(e.nodes, onnx.Node{
		Name: name + ".dequantize", Op: "DequantizeLinear", Inputs: []string{name, scale, point}, Outputs: []string{back},
		Attrs: []onnx.Attribute{{Name: "axis", Type: onnx.AttrInt, Int: 0}},
	})
	return back
}

// littleEndian writes numbers of a fixed size.
func littleEndian(values any) func(io.Writer) error {
	return func(w io.Writer) error {
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, values); err != nil {
			return err
		}
		_, err := b.WriteTo(w)
		return err
	}
}
