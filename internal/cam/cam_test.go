package cam

import (
	"math"
	"testing"

	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// The mean of a map and the bias are the logit that the definition of the network gives.
func TestMap(t *testing.T) {
	features := tensor.New(1, 3, 2, 2)
	copy(features.Data, []float32{1, 0, 2, 5, 3, 1, 0, 0, 0, 4, 4, 0})
	h := &Head{Channels: 3, Weight: []float32{9, 9, 9, 2, -1, 0.5}, Bias: []float32{0, 0.25}}
	m := h.Map(features, 1)
	for i, want := range []float32{2*1 - 3, -1 + 0.5*4, 2*2 + 0.5*4, 2 * 5} {
		if m.Values[i] != want {
			t.Errorf("place %d: %v, want %v", i, m.Values[i], want)
		}
	}
	pooled := []float64{8.0 / 4, 4.0 / 4, 8.0 / 4}
	logit := 2*pooled[0] - pooled[1] + 0.5*pooled[2] + 0.25
	if got := m.Mean() + float64(h.Bias[1]); math.Abs(got-logit) > 1e-12 {
		t.Errorf("mean + bias = %v, the logit is %v", got, logit)
	}
	strength := Strength(features)
	if want := math.Sqrt((1 + 9 + 0) / 3.0); math.Abs(float64(strength.Values[0])-want) > 1e-6 {
		t.Errorf("strength %v, want %v", strength.Values[0], want)
	}
}

func TestFindHead(t *testing.T) {
	spec := model.Spec{Block: "basic", Layers: []int{1}, Planes: []int{8}, NumClasses: 5, Input: [3]int{3, 32, 32}}
	g, err := model.Build(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	h, err := FindHead(g.Graph, random.Weights(g.Graph, 1))
	if err != nil || h.Pool != "avgpool" || h.Linear != "fc" || h.Channels != 8 || len(h.Weight) != 40 || len(h.Bias) != 5 {
		t.Errorf("%+v, %v", h, err)
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
	m := Map{Height: 2, Width: 2, Values: []float32{0, 4, -3, 0}}
	if at := m.At(1, 0.5); at != 2 {
		t.Errorf("between two places %v, want the mean 2", at)
	}
}
