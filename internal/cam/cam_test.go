package cam

import (
	"math"
	"slices"
	"strings"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// The mean of a map and the bias are the logit that the definition of the network gives.
func TestMap(t *testing.T) {
	features := tensor.New(1, 3, 2, 2)
	copy(features.Data, []float32{1, 0, 2, 5, 3, 1, 0, 0, 0, 4, 4, 0})
	h := &Head{Channels: 3, Layers: []Layer{{Inputs: 3, Outputs: 2, Weight: []float32{9, 9, 9, 2, -1, 0.5}, Bias: []float32{0, 0.25}}}}
	m := h.Map(features, 1)
	for i, want := range []float32{2*1 - 3, -1 + 0.5*4, 2*2 + 0.5*4, 2 * 5} {
		if m.Values[i] != want {
			t.Errorf("place %d: %v, want %v", i, m.Values[i], want)
		}
	}
	pooled := []float64{8.0 / 4, 4.0 / 4, 8.0 / 4}
	logit := 2*pooled[0] - pooled[1] + 0.5*pooled[2] + 0.25
	if got := m.Mean() + h.Bias(1); math.Abs(got-logit) > 1e-12 {
		t.Errorf("mean + bias = %v, the logit is %v", got, logit)
	}
	strength := Strength(features)
	if want := math.Sqrt((1 + 9 + 0) / 3.0); math.Abs(float64(strength.Values[0])-want) > 1e-6 {
		t.Errorf("strength %v, want %v", strength.Values[0], want)
	}
}

// With a hidden layer, a map is that of the gradient at the pooled features, by differences of the logit.
func TestMapOfGradient(t *testing.T) {
	spec := model.Spec{Block: "basic", Layers: []int{1}, Planes: []int{8}, NumClasses: 5, Head: []int{7, 6}, Input: [3]int{3, 32, 32}}
	g, err := model.Build(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	h, err := FindHead(g.Graph, random.Weights(g.Graph, 1))
	if err != nil || h.Linear() || len(h.Layers) != 3 || h.Layers[1].Path != "fc.2" || h.Channels != 8 {
		t.Fatalf("%+v, %v", h, err)
	}
	features := tensor.New(1, 8, 2, 2)
	for i := range features.Data {
		features.Data[i] = float32(i*i%7) / 2
	}
	logit := func() float64 {
		x := h.hidden(features)[1]
		last := h.Layers[2]
		sum := h.Bias(3)
		for i, v := range x {
			sum += max(0, v) * float64(last.Weight[3*last.Inputs+i])
		}
		return sum
	}
	want, before := make([]float64, 4), logit()
	for c := range 8 {
		const step = 1.0 / 1024
		features.Data[4*c] += 4 * step // the mean of the channel's places by a step
		slope := (logit() - before) / step
		features.Data[4*c] -= 4 * step
		for place := range want {
			want[place] += slope * float64(features.Data[4*c+place])
		}
	}
	for place, v := range h.Map(features, 3).Values {
		if math.Abs(float64(v)-want[place]) > 1e-4 || v == 0 {
			t.Errorf("place %d: %v, want %v", place, v, want[place])
		}
	}
}

func TestFindHead(t *testing.T) {
	spec := model.Spec{Block: "basic", Layers: []int{1}, Planes: []int{8}, NumClasses: 5, Input: [3]int{3, 32, 32}}
	g, err := model.Build(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	h, err := FindHead(g.Graph, random.Weights(g.Graph, 1))
	if err != nil || h.Pool != "avgpool" || !h.Linear() || h.Layers[0].Path != "fc" || h.Channels != 8 || len(h.Layers[0].Weight) != 40 || len(h.Layers[0].Bias) != 5 {
		t.Errorf("%+v, %v", h, err)
	}
}

// What has no map for each class is told in words.
func TestNoHead(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"fc", "does not end in a linear layer"},
		{"avgpool", "does not average its last map"},
	} {
		spec := model.Spec{Block: "basic", Layers: []int{1}, Planes: []int{8}, NumClasses: 5, Input: [3]int{3, 32, 32}}
		g, err := model.Build(spec.Default())
		if err != nil {
			t.Fatal(err)
		}
		weights := random.Weights(g.Graph, 1)
		call := slices.IndexFunc(g.Calls, func(c graph.Call) bool { return c.Path == test.path })
		g.Calls[call].Op = graph.ReLU{}
		if _, err := FindHead(g.Graph, weights); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("without its %s: %v, want %q", test.path, err, test.want)
		}
	}
}

// A box is what the crop shows, in the pixels of the photo at another size.
func TestBoxOf(t *testing.T) {
	p := imaging.Preprocess{Resize: imaging.Single(30), Crop: imaging.Single(20), Interpolation: imaging.Bilinear}
	box := BoxOf(p.Steps(imaging.Config{Width: 200, Height: 120, Orientation: 1}), 100, 60)
	if want := (Box{30, 10, 70, 50}); box != want { // resized to 50×30, cut to 20×20 at 15, 5; the photo is twice as large
		t.Errorf("box %v, want %v", box, want)
	}
}

func TestAt(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	m := Map{Height: 2, Width: 2, Values: []float32{0, 4, -3, 0}}
	broken := Map{Height: 2, Width: 2, Values: []float32{nan, 4, 2, inf}}
	for _, test := range []struct {
		m          Map
		x, y, want float64
	}{
		{m, 1, 0.5, 2}, // between two places, their mean
		{m, 0, 0, 0}, {m, 9, -9, 4}, {m, -9, 9, -3},
		{broken, 1.1, 0.9, 4}, {broken, 0.9, 1.1, 2}, // beside NaN and infinity, that of the place alone
		{broken, 1.1, 1.1, math.Inf(1)}, {broken, 2, 2, math.Inf(1)},
	} {
		if at := test.m.At(test.x, test.y); at != test.want {
			t.Errorf("%v at %v, %v: %v, want %v", test.m.Values, test.x, test.y, at, test.want)
		}
	}
	if at := broken.At(0.9, 0.9); !math.IsNaN(at) {
		t.Errorf("in a place of no number %v", at)
	}
	if n := broken.Finite(); n != 2 {
		t.Errorf("%d finite values, want 2", n)
	}
	if most := (Map{Height: 1, Width: 1, Values: []float32{nan}}).Max(); most != math.Inf(-1) {
		t.Errorf("the largest of no numbers is %v", most)
	}
}

func TestExtent(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		values []float32
		want   string
	}{
		{[]float32{0, 12.34, -1}, "max 12.3"},
		{[]float32{0, 0, 0}, "max 0, nothing above 0"},
		{[]float32{-0.5, -2, -0.25}, "max -0.25, nothing above 0"},
		{[]float32{1, nan, inf}, "max 1/not finite at 2 of 3 places"},
		{[]float32{nan, nan, -inf}, "not finite at 3 of 3 places"},
		{[]float32{math.MaxFloat32, 0, 0}, "max 3.4e+38"},
	} {
		if got := strings.Join((Map{Height: 1, Width: 3, Values: test.values}).Extent(), "/"); got != test.want {
			t.Errorf("%v: %q, want %q", test.values, got, test.want)
		}
	}
}
