package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/hooks"
	"resnet/internal/isa"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// trainFixture is three steps of training in PyTorch; testdata/make_train_fixtures.py wrote it.
type trainFixture struct {
	*fixture
	labels   []float32
	training struct {
		Smoothing, LR, Momentum, Decay float64
		Nesterov                       bool
		NoDecayNorm                    bool `json:"no_decay_norm"`
		Optimizer                      string
		Betas                          []float64
		Eps                            float64
	}
	losses []float64
	frozen []string
	groups map[string][2]float32
}

func trainFixtures(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/train/*.safetensors")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d fixtures (%v), want 10", len(paths), err)
	}
	return paths
}

func loadTrainFixture(t *testing.T, path string) *trainFixture {
	t.Helper()
	f := &trainFixture{fixture: openFixture(t, path)}
	metadata := fixtureMetadata(t, path)
	for key, into := range map[string]any{"training": &f.training, "losses": &f.losses, "frozen": &f.frozen, "groups": &f.groups} {
		if metadata[key] == "" { // of all layers alike
			continue
		}
		if err := json.Unmarshal([]byte(metadata[key]), into); err != nil {
			t.Fatal(err)
		}
	}
	f.labels = f.tensor(t, "labels").Data
	return f
}

func (f *trainFixture) trainer(t *testing.T, o Options, set *hooks.Set, threads int) *Trainer {
	t.Helper()
	plan, err := PlanTraining(f.graph, f.input.Shape, set, TrainingOptions{Options: o, Smoothing: f.training.Smoothing, NoDecayNorm: f.training.NoDecayNorm, Frozen: f.isFrozen, Factors: f.factors, AdamW: f.training.Optimizer == "adamw"})
	if err != nil {
		t.Fatal(err)
	}
	team := NewTeam(threads)
	t.Cleanup(team.Close)
	trainer := plan.NewTrainer(team)
	if err := trainer.Load(f.file); err != nil {
		t.Fatal(err)
	}
	return trainer
}

func (f *trainFixture) isFrozen(path string) bool {
	return slices.ContainsFunc(f.frozen, func(frozen string) bool { return path == frozen || within(path, frozen) })
}

func (f *trainFixture) factors(path string) Factors {
	for group, factors := range f.groups {
		if path == group || within(path, group) {
			return Factors{factors[0], factors[1]}
		}
	}
	return Factors{1, 1}
}

// update moves the parameters; step is from 0.
func (f *trainFixture) update(t *testing.T, trainer *Trainer, step int) {
	t.Helper()
	var err error
	if o := f.training; o.Optimizer == "adamw" {
		err = trainer.UpdateAdamW(t.Context(), AdamW{
			LearningRate: float32(o.LR), Beta1: float32(o.Betas[0]), Beta2: float32(o.Betas[1]), Epsilon: float32(o.Eps), WeightDecay: float32(o.Decay), Scale: 1, Step: step + 1,
		})
	} else {
		err = trainer.Update(t.Context(), f.sgd())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *trainFixture) accumulate(t *testing.T, trainer *Trainer) Result {
	t.Helper()
	copy(trainer.Input().Data, f.input.Data)
	for i, l := range f.labels {
		trainer.Labels()[i] = int32(l)
	}
	r, err := trainer.Accumulate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (f *trainFixture) sgd() SGD {
	return SGD{LearningRate: float32(f.training.LR), Momentum: float32(f.training.Momentum), WeightDecay: float32(f.training.Decay), Nesterov: f.training.Nesterov, Scale: 1}
}

// TestTraining compares losses, the gradient of every parameter, and all of them after three steps with PyTorch's, at every level
// of instructions; and wants the same bits of any number of threads.
func TestTraining(t *testing.T) {
	for _, path := range trainFixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			f := loadTrainFixture(t, path)
			for _, level := range []isa.Level{isa.Generic, isa.AVX2, isa.AVX512} {
				if !isa.Has(level) {
					continue
				}
				var bits [][]float32
				for threads := 1; threads <= 3; threads++ {
					got := f.train(t, Options{Kernels: &level}, threads, fmt.Sprintf("%v, %d threads", level, threads))
					if bits == nil {
						bits = got
					}
					for i := range bits {
						if !slices.Equal(bits[i], got[i]) {
							t.Fatalf("%v: parameter %d has other bits with %d threads", level, i, threads)
						}
					}
				}
			}
		})
	}
}

// train does the three steps, and gives the parameters after them.
func (f *trainFixture) train(t *testing.T, o Options, threads int, what string) [][]float32 {
	trainer := f.trainer(t, o, nil, threads)
	for step, want := range f.losses {
		r := f.accumulate(t, trainer)
		if math.Abs(r.Loss-want) > 2e-5*want {
			t.Fatalf("%s: loss %d is %.7f, want %.7f", what, step, r.Loss, want)
		}
		for _, p := range trainer.Params() {
			if p.Buffer || f.isFrozen(p.Name) {
				if p.Gradient != nil {
					t.Fatalf("%s: %s has a gradient", what, p.Name)
				}
				continue
			}
			if step == 0 {
				requireClose(t, what+": gradient of "+p.Name, p.Gradient, f.tensor(t, "grad."+p.Name).Data, 1e-4)
			}
		}
		f.update(t, trainer, step)
	}
	var values [][]float32
	for _, p := range trainer.Params() {
		requireClose(t, what+": "+p.Name+" after three steps", p.Values, f.tensor(t, "after."+p.Name).Data, 2e-4)
		values = append(values, p.Values)
	}
	return values
}

// TestAccumulate: two passes over a batch and half the scale move the parameters as one pass does.
func TestAccumulate(t *testing.T) {
	f := loadTrainFixture(t, "testdata/train/wide.safetensors")
	once, twice := f.trainer(t, Options{}, nil, 1), f.trainer(t, Options{}, nil, 1)
	f.accumulate(t, once)
	f.accumulate(t, twice)
	f.accumulate(t, twice)
	rate := f.sgd()
	if err := once.Update(t.Context(), rate); err != nil {
		t.Fatal(err)
	}
	rate.Scale = 0.5
	if err := twice.Update(t.Context(), rate); err != nil {
		t.Fatal(err)
	}
	for i, p := range twice.Params() {
		if want := once.Params()[i]; !p.Buffer && !slices.Equal(p.Values, want.Values) {
			t.Errorf("%s differs", p.Name)
		}
		if !slices.Equal(p.Gradient, make([]float32, len(p.Gradient))) {
			t.Errorf("%s: its gradient is not zero after the update", p.Name)
		}
	}
}

// TestGradientHooks: a hook sees the gradient of what a convolution puts out as it is, and changes no parameter by a bit.
func TestGradientHooks(t *testing.T) {
	f := loadTrainFixture(t, "testdata/train/basic.safetensors")
	for _, path := range []string{"layer1.0.conv1", "layer1.0.bn1", "layer1.1.relu", "layer1.0.add", "fc", "avgpool", "maxpool"} {
		set := hooks.NewSet(f.graph)
		var seen []float32
		var shape tensor.Shape
		mustAdd(t, set, path, hooks.Func(hooks.Gradient, func(e hooks.Event) error {
			seen, shape = slices.Clone(e.Gradient.Data), e.Gradient.Shape
			return nil
		}))
		watched, plain := f.trainer(t, Options{}, set, 2), f.trainer(t, Options{}, nil, 2)
		f.accumulate(t, watched)
		f.accumulate(t, plain)
		if len(seen) == 0 || len(seen) != shape.Elements() || slices.Equal(seen, make([]float32, len(seen))) {
			t.Errorf("%s: its hook saw %d values of %v", path, len(seen), shape)
		}
		for i, p := range watched.Params() {
			if !p.Buffer {
				requireClose(t, path+": gradient of "+p.Name, p.Gradient, plain.Params()[i].Gradient, 1e-5)
			}
		}
		if path == "fc" { // whose gradients are their sum, and that of the bias
			bias := make([]float32, shape[1])
			for i, v := range seen {
				bias[i%shape[1]] += v
			}
			params := watched.Params()
			requireClose(t, "gradient of the bias", params[len(params)-1].Gradient, bias, 1e-6)
		}
	}
	set := hooks.NewSet(f.graph)
	mustAdd(t, set, "fc", hooks.Func(hooks.Gradient, func(hooks.Event) error { return nil }))
	if _, err := f.program(t, Options{}).Plan(t.Context(), f.input.Shape, set); err == nil {
		t.Error("a plan without a way back takes a hook on gradients")
	}
}

// TestNotFinite finds where values that are no numbers begin.
func TestNotFinite(t *testing.T) {
	f := loadTrainFixture(t, "testdata/train/basic.safetensors")
	for _, test := range []struct {
		spoil func(*Trainer)
		want  string
	}{
		{func(tr *Trainer) { tr.Input().Data[7] = float32(math.NaN()) }, "the loss is not finite: it began with the input of the batch"},
		{func(tr *Trainer) { spoil(tr, "layer1.1.bn2.bias", float32(math.Inf(1))) }, "the loss is not finite: it began with the parameter of layer1.1.bn2.bias"},
		{func(tr *Trainer) { spoil(tr, "layer1.1.bn2.weight", 3e38) }, "the loss is not finite: it began with the output of layer1.1.bn2"},
	} {
		trainer := f.trainer(t, Options{}, nil, 2)
		before := slices.Clone(trainer.Params()[0].Values)
		copy(trainer.Input().Data, f.input.Data)
		test.spoil(trainer)
		_, err := trainer.Accumulate(context.Background())
		if err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
		if !slices.Equal(before, trainer.Params()[0].Values) {
			t.Error("the parameters moved")
		}
	}
}

func spoil(trainer *Trainer, name string, v float32) {
	for _, p := range trainer.Params() {
		if p.Name == name {
			for i := range p.Values {
				p.Values[i] = v
			}
		}
	}
}

// TestTrainingStops: a context that is done ends a step, and leaves no part of a gradient behind.
func TestTrainingStops(t *testing.T) {
	f := loadTrainFixture(t, "testdata/train/basic.safetensors")
	ctx, cancel := context.WithCancel(t.Context())
	set := hooks.NewSet(f.graph)
	mustAdd(t, set, "layer1.0.conv1", hooks.Func(hooks.Gradient, func(hooks.Event) error { cancel(); return nil }))
	trainer := f.trainer(t, Options{}, set, 1)
	copy(trainer.Input().Data, f.input.Data)
	if _, err := trainer.Accumulate(ctx); err != context.Canceled {
		t.Fatalf("got %v, want %v", err, context.Canceled)
	}
	for _, p := range trainer.Params() {
		if !slices.Equal(p.Gradient, make([]float32, len(p.Gradient))) {
			t.Fatalf("%s has a gradient", p.Name)
		}
	}
	if err := trainer.Load(random.Weights(f.graph, 1)); err != nil {
		t.Fatal(err)
	}
}

// TestAllFrozen: where no layer is left there is no training.
func TestAllFrozen(t *testing.T) {
	f := loadTrainFixture(t, "testdata/train/basic.safetensors")
	if _, err := PlanTraining(f.graph, f.input.Shape, nil, TrainingOptions{Frozen: func(string) bool { return true }}); err == nil {
		t.Error("a network whose layers are all frozen is trained")
	}
}
