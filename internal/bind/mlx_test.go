package bind_test

import (
	"strings"
	"testing"

	"resnet/internal/bind"
	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// counting is weights whose values are their places: 0, 1, 2, …
type counting struct{ shapes }

func (c *counting) Read(_ string, dst []float32) error {
	for i := range dst {
		dst[i] = float32(i)
	}
	return nil
}

// TestMLX binds channels-last kernels, with MLX's names, to the graph they were made of.
func TestMLX(t *testing.T) {
	spec := model.Spec{Layers: []int{1, 1}, Planes: []int{4, 8}, NumClasses: 3, Stem: model.Stem{Convs: []model.StemConv{{Kernel: 3, Planes: 3, Stride: 1, Padding: 1}}}}.Default()
	g, err := model.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	w := &counting{shapes{shape: map[string]tensor.Shape{}}}
	for _, p := range g.Params() {
		name := strings.NewReplacer("layer1.", "layer1.layers.", "layer2.", "layer2.layers.", "downsample.", "downsample.layers.").Replace(p.Name)
		shape := p.Shape
		if len(shape) == 4 {
			shape = tensor.Shape{shape[0], shape[2], shape[3], shape[1]}
		}
		w.names = append(w.names, name)
		w.shape[name] = shape
	}
	r, err := bind.Recognize(w, bind.RecognizeOptions{})
	if err != nil || r.Dialect != "MLX" || r.Spec.NumClasses != 3 {
		t.Fatalf("recognized %+v, %v", r, err)
	}
	bound, b, err := bind.Bind(g, w, bind.Options{})
	if err != nil || b.Dialect != "MLX" {
		t.Fatal(b, err)
	}
	const name = "layer2.0.conv1.weight" // stored (8, 3, 3, 4)
	info, _ := bound.Info(name)
	values := make([]float32, info.Shape.Elements())
	if err := bound.Read(name, values); err != nil {
		t.Fatal(err)
	}
	at := 0
	for o := range 8 {
		for i := range 4 {
			for hw := range 9 {
				if want := float32((o*9+hw)*4 + i); values[at] != want {
					t.Fatalf("%s[%d, %d, %d] is %v, want %v", name, o, i, hw, values[at], want)
				}
				at++
			}
		}
	}
	for _, one := range b.Bound {
		if one.Param == "layer2.0.downsample.1.bias" && one.Tensor != "layer2.layers.0.downsample.layers.1.bias" {
			t.Errorf("bound %+v", one)
		}
	}
}

// TestChannelsFirstStays: PyTorch's files are no MLX files, whatever their stem.
func TestChannelsFirstStays(t *testing.T) {
	for name, net := range referenceNets(t) {
		r, err := bind.Recognize(net, bind.RecognizeOptions{})
		if err == nil && r.Dialect == "MLX" {
			t.Errorf("%s is taken for MLX's", name)
		}
	}
	var _ graph.Weights = &counting{}
}
