package quant

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// tensors are a file in memory.
type tensors map[string]struct {
	tensor.Info
	values []float32
}

func (t tensors) put(name string, dtype tensor.DType, shape tensor.Shape, values ...float32) {
	t[name] = struct {
		tensor.Info
		values []float32
	}{tensor.Info{Shape: shape, DType: dtype}, values}
}

func (t tensors) Names() []string {
	var names []string
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (t tensors) Info(name string) (tensor.Info, bool) {
	one, ok := t[name]
	return one.Info, ok
}

func (t tensors) Read(name string, dst []float32) error {
	if len(dst) != len(t[name].values) {
		return errors.New("another length")
	}
	copy(dst, t[name].values)
	return nil
}

// quantizedFile has one layer of two channels.
func quantizedFile() tensors {
	t := tensors{}
	t.put("fc.weight", tensor.Int8, tensor.Shape{2, 2}, 1, -2, 3, 127)
	t.put("fc.weight_scale", tensor.Float32, tensor.Shape{2}, 0.5, 0.25)
	t.put("fc.input_scale", tensor.Float32, tensor.Shape{1}, 0.1)
	t.put("fc.input_zero_point", tensor.UInt8, tensor.Shape{1}, 7)
	t.put("fc.bias", tensor.Float32, tensor.Shape{2}, 1, 2)
	return t
}

func TestView(t *testing.T) {
	v := View(quantizedFile())
	if want := []string{"fc.bias", "fc.weight"}; !slices.Equal(v.Names(), want) {
		t.Errorf("names %v, want %v", v.Names(), want)
	}
	if info, ok := v.Info("fc.weight"); !ok || info.DType != tensor.Float32 {
		t.Errorf("weight: %v", info)
	}
	weights := make([]float32, 4)
	if err := v.Read("fc.weight", weights); err != nil || !slices.Equal(weights, []float32{0.5, -1, 0.75, 31.75}) {
		t.Errorf("weights %v, %v", weights, err)
	}
	plain := quantizedFile()
	delete(plain, "fc.weight_scale")
	if Is(plain) {
		t.Error("bytes without scales are not quantized weights")
	}
}

func TestReadLayer(t *testing.T) {
	l, err := readLayer(quantizedFile(), "fc")
	weight := make([]int8, 4)
	if err == nil {
		err = l.Read(weight)
	}
	if err != nil || l.Input != (ops.Int8Param{Scale: 0.1, Zero: 7}) || l.Output.Scale != 0 || !slices.Equal(weight, []int8{1, -2, 3, 127}) {
		t.Errorf("layer %+v, weights %v, %v", l, weight, err)
	}
	for _, tt := range []struct {
		name   string
		shape  tensor.Shape
		values []float32
		want   string
	}{
		{"fc.weight_scale", tensor.Shape{3}, []float32{1, 1, 1}, "one scale for each output channel"},
		{"fc.weight_scale", tensor.Shape{2}, []float32{1, -1}, "a scale of -1, want a positive number"},
		{"fc.weight_scale", tensor.Shape{2}, []float32{1, float32(math.NaN())}, "a scale of NaN"},
		{"fc.input_scale", tensor.Shape{1}, []float32{0}, "a scale of 0"},
		{"fc.input_scale", tensor.Shape{1}, []float32{1e-45}, "a scale of 1e-45"},
		{"fc.input_scale", tensor.Shape{2}, []float32{1, 1}, "shape [2], want one number"},
		{"fc.input_zero_point", tensor.Shape{1}, []float32{300}, "a zero point of 300, want a byte"},
		{"fc.input_zero_point", tensor.Shape{1}, []float32{0.5}, "a zero point of 0.5, want a byte"},
	} {
		file := quantizedFile()
		file.put(tt.name, tensor.Float32, tt.shape, tt.values...)
		if _, err := readLayer(file, "fc"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %v: %v, want %q", tt.name, tt.values, err, tt.want)
		}
	}
	file := quantizedFile()
	delete(file, "fc.input_scale")
	if _, err := readLayer(file, "fc"); err == nil || !strings.Contains(err.Error(), `tensor "fc.input_scale" is missing`) {
		t.Errorf("no input scale: %v", err)
	}
}

// TestMethods wants all values inside with minmax, the outermost cut off by the others, and 0 among the numbers always.
func TestMethods(t *testing.T) {
	values := make([]float32, 100_000)
	for i := range values {
		values[i] = float32(i%1000) / 1000
	}
	values[7] = 100
	h := &histogram{counts: make([]float64, bins)}
	h.add(values, false)
	h.add(values, true)
	for name, want := range map[string]func(high float64) bool{
		"minmax":     func(high float64) bool { return math.Abs(high-100) < 1e-3 },
		"percentile": func(high float64) bool { return high > 0.99 && high < 1.1 },
		"mse":        func(high float64) bool { return high >= 19 && high < 100 },
	} {
		p := MethodOf(name)(h)
		if high := 255 * float64(p.Scale); p.Zero != 0 || !want(high) {
			t.Errorf("%s: up to %g, zero point %d", name, high, p.Zero)
		}
	}
	signed := &histogram{low: -1, high: 3, counts: make([]float64, bins)}
	if p := minMax(signed); p.Dequantize(p.Zero) != 0 || p.Zero != 64 {
		t.Errorf("from -1 to 3: %+v", p)
	}
	if p := minMax(&histogram{}); p != (ops.Int8Param{Scale: 1}) {
		t.Errorf("nothing but zeros: %+v", p)
	}
}

// TestBiasCorrection wants the mean of what comes out kept, for inputs of the means that were seen.
func TestBiasCorrection(t *testing.T) {
	b := graph.NewBuilder(2)
	x := b.Flatten("flatten", b.AdaptiveAvgPool("avgpool", b.Input()))
	g, err := b.Graph(b.Linear("fc", x, graph.Linear{In: 2, Out: 1}))
	if err != nil {
		t.Fatal(err)
	}
	w := tensors{}
	w.put("fc.weight", tensor.Float32, tensor.Shape{1, 2}, 1, 0.0123)
	w.put("fc.bias", tensor.Float32, tensor.Shape{1}, 0.5)
	l := Layer{Group: engine.Int8Groups(g)[0], Path: "fc", Input: ops.Int8Param{Scale: 1}}
	if err := l.quantize(w, g, 8, []float64{3, 50}); err != nil {
		t.Fatal(err)
	}
	got := float64(l.Shift[0])
	for i, mean := range []float64{3, 50} {
		got += float64(l.Weight[i]) * float64(l.Scale[0]) * mean
	}
	if want := 0.5 + 3 + 0.0123*50; math.Abs(got-want) > 1e-5 {
		t.Errorf("mean %g, want %g", got, want)
	}
}
