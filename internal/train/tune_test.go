package train

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// tuning is one of a small network with random weights from layer3 on, of photos of two classes that are of one brightness each, and
// their pixels.
type tuning struct {
	*Tuning
	net    *nets.Net
	photos []tensor.Tensor
}

func newTuning(t *testing.T, threads int) *tuning {
	t.Helper()
	net, err := (&nets.Opener{}).OpenRandom(t.Context(), "resnet20_cifar", 1)
	if err != nil {
		t.Fatal(err)
	}
	tail, first, err := net.Graph.Tail("layer3")
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.Predictor(t.Context(), nets.PredictorOptions{Compute: nets.Compute{Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	u := &tuning{net: net, Tuning: &Tuning{Tail: tail, Recipe: TuningRecipe(6, 3e-3, 5), Factors: DiscriminativeRates([]string{"layer1", "layer2", "layer3"})}}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		x := tensor.New(1, 3, 32, 32)
		for j := range x.Data {
			x.Data[j] = float32(i%2) + float32(random.NormFloat64())
		}
		u.photos, u.Class = append(u.photos, x), append(u.Class, i%2)
		for _, mirrored := range []bool{false, true} {
			if mirrored {
				x = x.Clone()
				for row := range slices.Chunk(x.Data, 32) {
					slices.Reverse(row)
				}
			}
			out, err := p.Predict(t.Context(), x, nets.Watch{Layer: net.Graph.Calls[first].Path, Input: true})
			if err != nil {
				t.Fatal(err)
			}
			seen := out.Watched[0]
			if u.Photos == nil {
				u.Input = seen.Shape
				if u.Photos, err = NewActivations(len(seen.Data)); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { u.Photos.Close() })
			}
			if err := u.Photos.Write(i, mirrored, seen.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
	u.Team = engine.NewTeam(threads)
	t.Cleanup(u.Team.Close)
	u.prepare(t, 4)
	return u
}

func (u *tuning) prepare(t *testing.T, batch int) {
	t.Helper()
	u.Input[0] = batch
	if err := u.Prepare(); err != nil {
		t.Fatal(err)
	}
}

func (u *tuning) train(t *testing.T, photos ...int) {
	t.Helper()
	if err := u.Train(t.Context(), u.net.Weights, photos); err != nil {
		t.Fatal(err)
	}
}

// TestTuningIsTraining: what is learned from the activations is what the whole network learns whose other layers and batch norms are
// frozen.
func TestTuningIsTraining(t *testing.T) {
	u := newTuning(t, 2)
	u.prepare(t, 12) // so that the order of the photos makes sums in another order alone
	all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	u.train(t, all...)

	plan, err := engine.PlanTraining(u.net.Graph.Graph, u.net.Graph.InputShape(12), nil, engine.TrainingOptions{
		Frozen: func(path string) bool { return !strings.HasPrefix(path, "layer3") && path != "fc" || u.norms()(path) },
		Factors: func(path string) engine.Factors {
			return engine.Factors{LearningRate: map[bool]float32{true: 1, false: 0.1}[path == "fc"], WeightDecay: 1}
		},
		AdamW: true, NoDecayNorm: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	trainer := plan.NewTrainer(u.Team)
	if err := trainer.Load(u.net.Weights); err != nil {
		t.Fatal(err)
	}
	before := map[string][]float32{}
	for _, p := range trainer.Params() {
		before[p.Name] = slices.Clone(p.Values)
	}
	for step := range u.Steps(len(all)) {
		for i, x := range u.photos {
			copy(trainer.Input().Data[i*len(x.Data):], x.Data)
			trainer.Labels()[i] = int32(u.Class[i])
		}
		if _, err := trainer.Accumulate(t.Context()); err != nil {
			t.Fatal(err)
		}
		rate := engine.AdamW{LearningRate: float32(u.Recipe.rate(step, 1)), Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-5, WeightDecay: 0.01, Scale: 1, Step: step + 1}
		if err := trainer.UpdateAdamW(t.Context(), rate); err != nil {
			t.Fatal(err)
		}
	}
	values := u.Values()
	for _, p := range trainer.Params() {
		own, ok := values[p.Name]
		if !ok {
			if !slices.Equal(p.Values, before[p.Name]) {
				t.Errorf("%s moved", p.Name)
			}
			continue
		}
		delete(values, p.Name)
		moved, apart := 0.0, 0.0
		for i, v := range p.Values {
			moved, apart = max(moved, math.Abs(float64(v-before[p.Name][i]))), max(apart, math.Abs(float64(v-own[i])))
		}
		if apart > 0.02*moved || (moved > 0) != (p.Gradient != nil) {
			t.Errorf("%s: moved by up to %g, and up to %g apart", p.Name, moved, apart)
		}
	}
	if len(values) > 0 {
		t.Errorf("%d values are of no parameter", len(values))
	}
}

// TestTuning: the loss falls, of photos that are not learned from, too; the same seed gives the same bits with any number of threads, and
// another one others; mirrors make a difference.
func TestTuning(t *testing.T) {
	var first map[string][]float32
	for _, threads := range []int{1, 2, 3} {
		u := newTuning(t, threads)
		u.train(t)
		before := u.loss(t, 10, 11)
		u.train(t, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		if after := u.loss(t, 10, 11); !(after < before/2) {
			t.Fatalf("the loss was %g and is %g", before, after)
		}
		values := u.Values()
		if first == nil {
			first = values
		}
		for name := range first {
			if !slices.Equal(first[name], values[name]) {
				t.Fatalf("%d threads give %s other bits", threads, name)
			}
		}
	}
	u := newTuning(t, 2)
	for _, change := range []func(){func() { u.Recipe.Seed++ }, func() { u.Recipe.Seed--; u.Mirror = true }} {
		change()
		u.train(t, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		if slices.Equal(u.Values()["fc.weight"], first["fc.weight"]) {
			t.Error("another choice of photos gives the same network")
		}
	}
	if got := u.Steps(10); got != 12 {
		t.Errorf("%d steps of 10 photos, want 12", got)
	}
}

func (u *tuning) loss(t *testing.T, photos ...int) float64 {
	t.Helper()
	measured, err := u.Measure(t.Context(), photos)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, photo := range photos {
		loss, _ := crossEntropy(measured[i].Logits, u.Class[photo])
		sum += loss
	}
	return sum
}

// TestTuningMeasures: logits and features are those of the whole network.
func TestTuningMeasures(t *testing.T) {
	u := newTuning(t, 2)
	u.train(t)
	p, err := u.net.Predictor(t.Context(), nets.PredictorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	photos := []int{7, 2, 0, 1, 11} // more than a batch
	measured, err := u.Measure(t.Context(), photos)
	if err != nil || len(measured) != len(photos) {
		t.Fatalf("%d of %d, %v", len(measured), len(photos), err)
	}
	for i, photo := range photos {
		want, err := p.Predict(t.Context(), u.photos[photo], nets.Watch{Layer: nets.LastPool, Mean: true})
		if err != nil {
			t.Fatal(err)
		}
		near(t, measured[i].Logits, want.Logits.Data)
		near(t, measured[i].Features, want.Watched[0].Data)
	}
}

func near(t *testing.T, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, v := range want {
		if math.Abs(float64(got[i]-v)) > 1e-4*(1+math.Abs(float64(v))) {
			t.Fatalf("value %d is %v, want %v", i, got[i], v)
		}
	}
}

// TestTuningStops with its context, and says where a loss is no number.
func TestTuningStops(t *testing.T) {
	u := newTuning(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	u.Step = cancel
	if err := u.Train(ctx, u.net.Weights, []int{0, 1, 2, 3, 4, 5, 6, 7}); err == nil || !strings.HasSuffix(err.Error(), "epoch 1, step 2: context canceled") {
		t.Errorf("%v", err)
	}
	u.Step = nil
	spoiled := infinite{u.net.Weights}
	err := u.Train(t.Context(), spoiled, []int{0, 1, 2, 3})
	if err == nil || !strings.Contains(err.Error(), "epoch 1, step 1: the loss is not finite: it began with the parameter of fc.bias") {
		t.Errorf("%v", err)
	}
}

// infinite are weights with a bias that is no number.
type infinite struct{ graph.Weights }

func (w infinite) Read(name string, dst []float32) error {
	err := w.Weights.Read(name, dst)
	if name == "fc.bias" {
		dst[0] = float32(math.Inf(1))
	}
	return err
}

// TestDiscriminativeRates are fastai's: it splits a ResNet before layer3 and before the head.
func TestDiscriminativeRates(t *testing.T) {
	rates := DiscriminativeRates([]string{"layer1", "layer2", "layer3", "layer4"})
	for path, want := range map[string]float32{
		"conv1": 0.01, "bn1": 0.01, "layer1.0.conv1": 0.01, "layer2.1.bn2": 0.01, "layer3.0.conv1": 0.1, "layer4.1.conv2": 0.1, "fc": 1, "fc.0": 1,
	} {
		if got := rates(path); got.LearningRate != want || got.WeightDecay != 1 {
			t.Errorf("%s: %+v, want %g", path, got, want)
		}
	}
}
