package bind_test

import (
	"math"
	"testing"

	"resnet/internal/bind"
	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/random"
)

func TestDistance(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{3, 4}, []float32{3, 4}, 0},
		{[]float32{3, 4}, []float32{0, 4}, 0.6},
		{[]float32{3, 4}, []float32{6, 8}, 1},
		{[]float32{1e30, 0}, []float32{0, 0}, 1}, // squares beyond float32
		{[]float32{0, 0}, []float32{0, 0}, 0},
		{[]float32{0, 0}, []float32{0, 1}, math.Inf(1)},
		{[]float32{nan, inf}, []float32{nan, inf}, 0},
		{[]float32{nan, 1}, []float32{nan, 2}, math.NaN()},
	} {
		if got := bind.Distance(test.a, test.b); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("%v and %v: %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestDistances(t *testing.T) {
	graph := func(net string) *model.Graph {
		arch, err := config.Load(net)
		if err != nil {
			t.Fatal(err)
		}
		g, err := model.Build(arch.Spec)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g := graph("20")
	a, b := random.Weights(g.Graph, 0), random.Weights(g.Graph, 1)

	same, err := bind.Distances(g, a, a)
	if err != nil {
		t.Fatal(err)
	}
	if len(same) != len(g.Params()) {
		t.Errorf("%d distances of %d parameters", len(same), len(g.Params()))
	}
	for name, d := range same {
		if d != 0 {
			t.Errorf("%s is %v from itself", name, d)
		}
	}

	// Independent normal values are √2 apart; batch norms start alike.
	other, err := bind.Distances(g, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if d := other["layer3.0.conv2.weight"]; math.Abs(d-math.Sqrt2) > 0.02 {
		t.Errorf("random convolutions are %v apart, want √2", d)
	}
	if d := other["layer3.0.bn2.running_var"]; d != 0 {
		t.Errorf("fresh batch norms are %v apart", d)
	}

	// A network with more blocks shares some parameters.
	deeper := graph("32")
	shared, err := bind.Distances(g, a, random.Weights(deeper.Graph, 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(shared) != len(g.Params()) {
		t.Errorf("resnet32 has %d of the %d parameters of resnet20", len(shared), len(g.Params()))
	}
}
