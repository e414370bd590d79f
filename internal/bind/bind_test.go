package bind

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// memory is weights made by a test: every tensor is filled with its own number.
type memory struct {
	names  []string
	shapes map[string]tensor.Shape
	values map[string]float32
}

// memoryOf has a graph's parameters under names that rename makes.
func memoryOf(g *model.Graph, rename func(string) string) *memory {
	m := &memory{shapes: map[string]tensor.Shape{}, values: map[string]float32{}}
	for _, p := range g.Params() {
		m.add(rename(p.Name), p.Shape...)
	}
	return m
}

func same(name string) string { return name }

func (m *memory) add(name string, shape ...int) {
	m.names = append(m.names, name)
	m.shapes[name] = shape
	m.values[name] = float32(len(m.names))
}

func (m *memory) remove(names ...string) {
	m.names = slices.DeleteFunc(m.names, func(n string) bool { return slices.Contains(names, n) })
	maps.DeleteFunc(m.shapes, func(n string, _ tensor.Shape) bool { return slices.Contains(names, n) })
}

func (m *memory) Names() []string { return m.names }

func (m *memory) Info(name string) (tensor.Info, bool) {
	shape, ok := m.shapes[name]
	return tensor.Info{Shape: shape, DType: tensor.Float32}, ok
}

func (m *memory) Read(name string, dst []float32) error {
	if len(dst) != m.shapes[name].Elements() {
		return fmt.Errorf("%s: %d values for %v", name, len(dst), m.shapes[name])
	}
	for i := range dst {
		dst[i] = m.values[name]
	}
	return nil
}

func build(t *testing.T, s model.Spec) *model.Graph {
	t.Helper()
	g, err := model.Build(s.Default())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var pool3 = &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}

func smallNet(t *testing.T) *model.Graph {
	return build(t, model.Spec{Block: "basic", Layers: []int{1, 2}, Planes: []int{4, 8}, NumClasses: 3,
		Stem: model.Stem{Convs: []model.StemConv{{Kernel: 7, Planes: 4, Stride: 2, Padding: 3}}, Pool: pool3}})
}

func first(t *testing.T, w graph.Weights, name string) float32 {
	t.Helper()
	info, ok := w.Info(name)
	if !ok {
		t.Fatalf("no %s", name)
	}
	dst := make([]float32, info.Shape.Elements())
	if err := w.Read(name, dst); err != nil {
		t.Fatal(err)
	}
	return dst[len(dst)-1]
}

func TestBindListsAllThatIsWrong(t *testing.T) {
	g := smallNet(t)
	m := memoryOf(g, same)
	m.remove("layer1.0.conv2.weight")
	m.add("layer1.0.conv9.weight", 4, 4, 3, 3)
	m.add("layer1.0.bn1.num_batches_tracked")
	m.shapes["fc.weight"] = tensor.Shape{10, 8}
	_, _, err := Bind(g, m, Options{})
	want := "missing layer1.0.conv2.weight [4, 4, 3, 3]\n" +
		"parameter \"fc.weight\": shape [10, 8], want [3, 8]\n" +
		"unexpected \"layer1.0.conv9.weight\""
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var list *Error
	if !errors.As(err, &list) || list.Missing != 1 || list.Unexpected != 1 || list.Shapes != 1 {
		t.Errorf("got %#v", list)
	}
}

func TestEmpty(t *testing.T) {
	g, m := smallNet(t), &memory{}
	for _, opts := range []Options{{}, {Structure: true}} {
		if _, _, err := Bind(g, m, opts); !errors.Is(err, ErrEmpty) {
			t.Errorf("Bind with %+v: %v", opts, err)
		}
	}
	if _, err := Locate(m, ""); !errors.Is(err, ErrEmpty) {
		t.Errorf("Locate: %v", err)
	}
}

func TestBindListsTwenty(t *testing.T) {
	g := smallNet(t)
	m := memoryOf(g, same)
	for _, p := range g.Params()[8:] {
		m.remove(p.Name)
	}
	_, _, err := Bind(g, m, Options{})
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != fmt.Sprintf("and %d more", len(g.Params())-28) {
		t.Errorf("%d lines: %v", len(lines), err)
	}
}

func TestBindFoldedBatchNorm(t *testing.T) {
	g := smallNet(t)
	m := memoryOf(g, same)
	for _, part := range batchNormParts {
		m.remove("layer1.0.bn2." + part)
	}
	m.add("layer1.0.conv2.bias", 4)
	bound, binding, err := Bind(g, m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]float32{"weight": 1, "bias": m.values["layer1.0.conv2.bias"], "running_mean": 0, "running_var": 1 - 1e-5} {
		if got := first(t, bound, "layer1.0.bn2."+part); got != want {
			t.Errorf("%s = %v, want %v", part, got, want)
		}
	}
	if len(binding.Notes) != 1 {
		t.Errorf("notes %q", binding.Notes)
	}
}

func TestBindConvolutionWithBias(t *testing.T) {
	g := smallNet(t)
	m := memoryOf(g, same)
	m.add("layer2.0.downsample.0.bias", 8)
	bound, binding, err := Bind(g, m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := m.values["layer2.0.downsample.1.running_mean"] - m.values["layer2.0.downsample.0.bias"]
	if got := first(t, bound, "layer2.0.downsample.1.running_mean"); got != want {
		t.Errorf("running mean %v, want %v", got, want)
	}
	if len(binding.Notes) != 1 {
		t.Errorf("notes %q", binding.Notes)
	}
}
